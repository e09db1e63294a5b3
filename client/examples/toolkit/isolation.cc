// Processes have variables of their own: what one writes, no other sees, and what this program has written since
// local_main() none of them knows. What they are to know is an argument; what they share is an object of the toolkit.
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
    check(before == 100, "each process begins with what was there at local_main()");
    check(after == 70, "and has its own copy");
    check(balance == 7, "which is not this one");
    check(account.get() == 100 - 30 * i, "a Value is the same for all");
  }
}
