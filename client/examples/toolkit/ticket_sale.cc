// Ten buyers, six tickets. A buyer looks how many tickets are left, and then writes down one less: two steps. With a
// lock around both, six tickets are sold. Without it, other buyers look between the two steps: here all have looked
// before the first one writes, and ten tickets are sold.
#include <forkmill/local.h>
#include <forkmill/manager.h>
#include <forkmill/process.h>

#include <iostream>
#include <mutex>
#include <vector>

#include "client/examples/toolkit/example.h"

namespace {

using Number = forkmill::Value<int>;

constexpr int kBuyers = 10;
constexpr int kTickets = 6;

constexpr forkmill::Task<void(forkmill::Lock, Number, Number)> kBuyInTurn{"buy.in_turn"};
constexpr forkmill::Task<void(forkmill::Barrier, Number, Number)> kBuyAtOnce{"buy.at_once"};

void buy_in_turn(forkmill::Lock office, Number left, Number sold) {
  const std::lock_guard inside{office};
  const int seen = left.get();
  if (seen == 0) return;
  left.set(seen - 1);
  sold.add(1);
}
const forkmill::Registered kBuyInTurnHere{kBuyInTurn, buy_in_turn};

void buy_at_once(forkmill::Barrier all_have_looked, Number left, Number sold) {
  const int seen = left.get();
  all_have_looked.wait();
  if (seen == 0) return;
  left.set(seen - 1);
  sold.add(1);
}
const forkmill::Registered kBuyAtOnceHere{kBuyAtOnce, buy_at_once};

// Returns how many tickets ten processes sell that run `task`.
template <class How>
int sale(const forkmill::Task<void(How, Number, Number)>& task, const How& how) {
  Number left{kTickets};
  Number sold;
  std::vector<forkmill::Process> buyers;
  for (int i = 0; i < kBuyers; ++i) buyers.emplace_back(task, how, left, sold).start();
  join_all(buyers);
  std::cout << sold.get() << " of " << kTickets << " tickets sold, " << left.get() << " said to be left\n";
  return sold.get();
}

}  // namespace

int main(int argc, char** argv) {
  forkmill::local_main(argc, argv);
  std::cout << "with a lock:    ";
  check(sale(kBuyInTurn, forkmill::Lock{}) == kTickets, "as many tickets are sold as there are");
  std::cout << "without a lock: ";
  check(sale(kBuyAtOnce, forkmill::Barrier{kBuyers}) == kBuyers, "every buyer who saw a ticket got one");
}
