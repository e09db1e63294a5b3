// Two producers, two consumers and a queue that holds three items: producers that are too fast wait for room.
#include <forkmill/local.h>
#include <forkmill/process.h>
#include <forkmill/queue.h>

#include <algorithm>
#include <iostream>
#include <vector>

#include "client/examples/toolkit/example.h"

namespace {

using namespace std::chrono_literals;
using Belt = forkmill::Queue<int>;

constexpr int kRoom = 3;
constexpr int kEach = 20;

constexpr forkmill::Task<void(Belt, int)> kProduce{"produce"};
constexpr forkmill::Task<void(Belt, Belt)> kConsume{"consume"};

void produce(Belt belt, int first) {
  for (int i = first; i < first + kEach; ++i) belt.put(i);  // blocks while the belt is full
}
const forkmill::Registered kProduceHere{kProduce, produce};

void consume(const Belt& belt, Belt basket) {
  for (int i = 0; i < kEach; ++i) basket.put(belt.get());  // blocks while the belt is empty
}
const forkmill::Registered kConsumeHere{kConsume, consume};

}  // namespace

int main(int argc, char** argv) {
  forkmill::local_main(argc, argv);
  Belt belt{"belt", kRoom};
  Belt basket;

  for (int i = 0; i < kRoom; ++i) belt.put(i);
  check(belt.full() && belt.qsize() == kRoom, "three things fill the belt");
  try {
    belt.put(kRoom, 50ms);
    check(false, "there is no room for a fourth");
  } catch (const forkmill::Full& full) {
    std::cout << "the belt is full: " << full.what() << "\n";
  }
  for (int i = 0; i < kRoom; ++i) check(belt.get() == i, "first in, first out");

  std::vector<forkmill::Process> people;
  people.emplace_back(kProduce, belt, 0).start();
  people.emplace_back(kProduce, belt, kEach).start();
  people.emplace_back(kConsume, belt, basket).start();
  people.emplace_back(kConsume, belt, basket).start();
  std::vector<int> things;
  while (things.size() < 2 * kEach) {
    things.push_back(basket.get());
    check(belt.qsize() <= kRoom, "never more than three on the belt");
  }
  join_all(people);

  std::ranges::sort(things);
  for (int i = 0; i < 2 * kEach; ++i) check(things[static_cast<std::size_t>(i)] == i, "each thing arrives once");
  check(belt.empty() && basket.empty(), "nothing is left");
  std::cout << things.size() << " things went over a belt for " << kRoom << ", each once\n";
}
