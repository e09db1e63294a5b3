// The smallest worker: one task, ten lines. Run it beside a broker; then
//     forkmill submit greet '["you"]'
#include <forkmill/worker.h>

#include <string>

inline constexpr forkmill::Task<std::string(std::string)> kGreet{"greet"};

int main(int argc, char** argv) {
  forkmill::Worker worker{argc, argv};
  worker.on(kGreet, [](const std::string& name) { return "Hello, " + name + "!"; });
  return worker.run();
}
