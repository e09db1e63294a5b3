// The producer tells its consumers that no more items come: the last item for each of them is a sentinel, here the
// empty line.
#include <forkmill/local.h>
#include <forkmill/manager.h>
#include <forkmill/process.h>

#include <iostream>
#include <string>
#include <vector>

#include "client/examples/toolkit/example.h"

namespace {

using Lines = forkmill::Queue<std::string>;
using Counts = forkmill::Dict<std::string, int>;

constexpr int kLines = 30;
constexpr int kConsumers = 3;
const std::string kNoMore;

constexpr forkmill::Task<void(Lines)> kProduce{"produce"};
constexpr forkmill::Task<void(Lines, Counts)> kConsume{"consume"};

void produce(Lines lines) {
  for (int i = 0; i < kLines; ++i) lines.put("line " + std::to_string(i));
  for (int i = 0; i < kConsumers; ++i) lines.put(kNoMore);
}
const forkmill::Registered kProduceHere{kProduce, produce};

void consume(const Lines& lines, Counts taken) {
  for (const auto& line : lines.until(kNoMore)) taken.add(line, 1, 0);
}
const forkmill::Registered kConsumeHere{kConsume, consume};

}  // namespace

int main(int argc, char** argv) {
  forkmill::local_main(argc, argv);
  const Lines lines;
  const Counts taken;
  std::vector<forkmill::Process> people;
  for (int i = 0; i < kConsumers; ++i) people.emplace_back(kConsume, lines, taken).start();
  people.emplace_back(kProduce, lines).start();
  join_all(people);

  for (const auto& [line, times] : taken.items()) check(times == 1, line + " is taken once");
  check(taken.size() == kLines, "every line is taken");
  check(lines.empty(), "each consumer took one sentinel");
  std::cout << taken.size() << " lines taken once each, and " << kConsumers << " consumers went home\n";
}
