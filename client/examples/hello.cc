// The smallest submitter; worker/examples/greet_worker.cc is the other side.
#include <forkmill/client.h>

#include <iostream>

inline constexpr forkmill::Task<std::string(std::string)> kGreet{"greet"};

int main() {
  forkmill::Client client;  // FORKMILL_BROKER, or this user's broker on this machine
  auto greeting = client.submit(kGreet, "world");
  std::cout << greeting.get() << "\n";
}
