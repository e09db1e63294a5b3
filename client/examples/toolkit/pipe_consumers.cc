// Several consumers on one end of a pipe. Each message goes to one of them, and as a whole. The lock makes receiving a
// message and noting it one step, so that the journal has the order of the pipe.
#include <forkmill/local.h>
#include <forkmill/manager.h>
#include <forkmill/pipe.h>
#include <forkmill/process.h>

#include <iostream>
#include <mutex>
#include <vector>

#include "client/examples/toolkit/example.h"

namespace {

using Reader = forkmill::Connection<int>;
using Journal = forkmill::List<int>;

constexpr int kMessages = 30;
constexpr int kConsumers = 3;

constexpr forkmill::Task<void(Reader, forkmill::Lock, Journal)> kConsume{"consume"};

void consume(Reader reader, forkmill::Lock lock, Journal journal) {
  try {
    for (;;) {
      const std::lock_guard alone{lock};
      journal.append(reader.recv());
    }
  } catch (const forkmill::EndOfStream&) {
    // The writer has closed its end, and all messages have been read.
  }
}
const forkmill::Registered kConsumeHere{kConsume, consume};

}  // namespace

int main(int argc, char** argv) {
  forkmill::local_main(argc, argv);
  auto [reader, writer] = forkmill::pipe<int>(false);
  const forkmill::Lock lock;
  const Journal journal;
  std::vector<forkmill::Process> consumers;
  for (int i = 0; i < kConsumers; ++i) consumers.emplace_back(kConsume, reader, lock, journal).start();
  reader.close();  // each consumer has its own handle of this end

  for (int i = 0; i < kMessages; ++i) writer.send(i);
  writer.close();
  join_all(consumers);

  const auto received = journal.values();
  check(received.size() == kMessages, "every message is received");
  for (int i = 0; i < kMessages; ++i) check(received[static_cast<std::size_t>(i)] == i, "in the order of the pipe");
  std::cout << received.size() << " messages, received in order by " << kConsumers << " consumers\n";
}
