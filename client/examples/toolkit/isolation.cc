// Processes have their own variables: no process sees what another one writes, nor what this program has written since
// local_main(). Data for a process is an argument; data that processes share is an object of the toolkit.
#include <forkmill/local.h>
#include <forkmill/manager.h>
#include <forkmill/process.h>

#include <iostream>

#include "client/examples/toolkit/example.h"

namespace {

int balance = 100;

using Seen = forkmill::Queue<int>;
using Account = forkmill::Value<int>;

constexpr forkmill::Task<void(int, Seen, Account)> kSpend{"spend"};

void spend(int amount, Seen seen, Account account) {
  seen.put(balance);
  balance -= amount;
  account.add(-amount);
  seen.put(balance);
}
const forkmill::Registered kSpendHere{kSpend, spend};

}  // namespace

int main(int argc, char** argv) {
  forkmill::local_main(argc, argv);
  balance = 7;
  const Account account{100};
  const Seen seen;
  for (int i = 1; i <= 2; ++i) {
    forkmill::Process process{kSpend, 30, seen, account};
    process.start();
    process.get();
    const int before = seen.get();
    const int after = seen.get();
    std::cout << "process " << i << ": its variable was " << before << ", then " << after << "; here it is " << balance
              << "; the shared value is " << account.get() << "\n";
    check(before == 100, "each process begins with the value at the time of local_main()");
    check(after == 70, "each process has its own copy");
    check(balance == 7, "the copy of this program is another one");
    check(account.get() == 100 - 30 * i, "a Value is the same for all processes");
  }
}
