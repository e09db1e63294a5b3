// Tasks in sequence and side by side, written as a coroutine. Run it beside a broker and
// worker/examples/greet_worker.cc.
#include <forkmill/client.h>

#include <iostream>
#include <string>
#include <vector>

inline constexpr forkmill::Task<std::string(std::string)> kGreet{"greet"};

// Parameters by value or outliving the coroutine: it goes on after this call has returned.
forkmill::Future<std::string> greet_each(forkmill::Client& client, std::vector<std::string> names) {
  std::string all = co_await client.submit(kGreet, "everybody");
  for (auto& greeting : client.map(kGreet, names)) all += " " + co_await greeting;  // all greetings run side by side
  co_return all;
}

int main(int argc, char** argv) {
  forkmill::Client client{argc > 1 ? argv[1] : ""};
  std::cout << greet_each(client, {"Ada", "Grace"}).get() << "\n";
}
