// Callbacks three ways: chained on the client's own thread, several futures at once, and run by a loop of the program's
// own. Run it beside a broker and worker/examples/greet_worker.cc.
#include <forkmill/client.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

inline constexpr forkmill::Task<std::string(std::string)> kGreet{"greet"};
inline constexpr forkmill::Task<int(int)> kNobodysTask{"callbacks.nobody"};

void chained(forkmill::Client& client) {
  const auto length = client.submit(kGreet, "chain")
                          .then([](const std::string& text) { return text.size(); })
                          .finally([] { std::cout << "finally\n"; })
                          .get();
  std::cout << "length " << length << "\n";
}

void recovered(forkmill::Client& client) {
  using namespace std::chrono_literals;
  auto task = client.with({.expires = 50ms}).submit(kNobodysTask, 1);
  auto value = task.on_error([](const forkmill::Expired&) { return -1; });
  std::cout << "recovered " << value.get() << "\n";
}

void together(forkmill::Client& client) {
  auto all = forkmill::when_all(client.map(kGreet, std::vector<std::string>{"a", "b", "c"}));
  for (const auto& text : all.get()) std::cout << text << "\n";
}

// With a ManualExecutor, callbacks run only inside poll(): no locks are needed around what they touch.
void by_hand(const std::string& endpoint) {
  forkmill::ClientOptions options;
  options.endpoint = endpoint;
  options.executor = std::make_shared<forkmill::ManualExecutor>();
  forkmill::Client client{options};
  int done = 0;
  for (auto& future : client.map(kGreet, std::vector<std::string>{"x", "y"}))
    future.then([&done](const std::string&) { ++done; });
  while (done < 2)
    if (client.poll() == 0) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  std::cout << "polled " << done << "\n";
}

int main(int argc, char** argv) {
  forkmill::Client client{argc > 1 ? argv[1] : ""};
  chained(client);
  recovered(client);
  together(client);
  by_hand(client.endpoint());
}
