// A counter in a manager's dict, and fifty processes that each subtract one: 100 becomes 50. add() is one operation, so
// no lock is needed, as it would be with get() and set().
#include <forkmill/local.h>
#include <forkmill/manager.h>
#include <forkmill/process.h>

#include <iostream>
#include <string>
#include <vector>

#include "client/examples/toolkit/example.h"

namespace {

using Shared = forkmill::Dict<std::string, int>;

constexpr int kStart = 100;
constexpr int kProcesses = 50;

constexpr forkmill::Task<void(Shared)> kTakeOne{"take_one"};
const forkmill::Registered kTakeOneHere{kTakeOne, [](Shared shared) { shared.add("counter", -1); }};

}  // namespace

int main(int argc, char** argv) {
  forkmill::local_main(argc, argv);
  forkmill::Manager manager;
  auto shared = manager.dict<std::string, int>();
  shared.set("counter", kStart);
  std::cout << "before: " << shared.at("counter") << "\n";

  std::vector<forkmill::Process> processes;
  for (int i = 0; i < kProcesses; ++i) processes.emplace_back(kTakeOne, shared).start();
  join_all(processes);

  std::cout << "after:  " << shared.at("counter") << "\n";
  check(shared.at("counter") == kStart - kProcesses, "each of them took one off");
}
