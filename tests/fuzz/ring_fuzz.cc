// The memory that a child shares with its link, written to by a child that does anything that an input tells it to:
// true records, records with wrong lengths and kinds, positions of any value. The link works as it always does and
// trusts nothing in the memory: it reads a record, or reports that the memory is damaged.
#include <unistd.h>

#include <array>
#include <cstring>
#include <variant>

#include "tests/fuzz/feed.h"
#include "tests/fuzz/require.h"
#include "worker/ipc/link_end.h"

namespace {

using namespace forkmill;
using namespace forkmill::worker;
using fuzz::Feed;
using fuzz::require;

// Reads every byte that it is given, so that AddressSanitizer notices bytes that do not exist.
class Ear {
 public:
  void hear(const ChildBorn&) {}
  void hear(const ChildOutputMark&) {}
  void hear(const ChildResult& result) {
    for (const std::string_view text : {result.payload, result.type, result.message, result.backtrace, result.cause})
      read(text);
    require(result.verdict <= Verdict::retry, "verdicts are known ones");
    require(result.leaving <= kLastLeaving, "reasons for leaving are known ones");
  }
  void hear(const ChildProgress& progress) { read(progress.note); }
  void hear(const ChildLog& log) {
    require(log.source >= proto::LogSource::output && log.source <= proto::LogSource::lines, "sources are known ones");
    read(log.text);
  }

 private:
  void read(std::string_view text) {
    for (const char c : text) sum_ = sum_ + static_cast<unsigned char>(c);
  }
  volatile std::uint64_t sum_ = 0;
};

class World {
 public:
  explicit World(Feed& feed)
      : feed_{feed},
        memory_{SharedArea::create()},
        child_{SharedArea::map(memory_.get())},
        link_{SharedArea::map(memory_.get())} {}

  void step() {
    switch (feed_.below(12)) {
      case 0:
      case 1:
        send();
        break;
      case 2:
        (void)link_.revoke(serial());
        break;
      case 3:
        (void)link_.condemn(serial());
        break;
      case 4:
        link_.request_stop(serial());
        (void)link_.started();
        break;
      case 5:
        write_position();
        break;
      case 6:
        write_anywhere();
        break;
      case 7:
        child_.head().current.store(current_word(serial(), static_cast<Doing>(feed_.below(4))));
        break;
      case 8:
        if (link_.doze()) link_.wake();
        break;
      default:
        say();
    }
    if (feed_.below(4) != 0)
      while (const auto message = link_.receive()) std::visit([this](const auto& one) { ear_.hear(one); }, *message);
    link_.flush();
  }
  // False: the memory is damaged, so the child is ended.
  bool alive() const { return !link_.damaged(); }

 private:
  std::uint64_t serial() {
    return feed_.below(8) == 0 ? feed_.number() : feed_.below(static_cast<std::size_t>(last_serial_ % 200) + 1);
  }

  void send() {
    TaskHead head{};
    head.serial = ++last_serial_;
    const std::size_t size = feed_.below(16) == 0 ? 100'000 : feed_.byte();
    link_.send(head, "default", proto::Payload::own(std::string(size, 'x')));
  }

  // Writes a record as a child does, with a head of any bytes.
  void say() {
    const std::string_view bytes = feed_.bytes(256);
    std::array<char, sizeof(ResultHead)> head{};
    std::memcpy(head.data(), bytes.data(), std::min(bytes.size(), head.size()));
    const std::uint8_t kind = feed_.below(8) == 0 ? feed_.byte() : static_cast<std::uint8_t>(1 + feed_.below(4));
    if (feed_.flag()) {
      ResultHead result{};
      result.serial = serial();
      result.verdict = static_cast<std::uint8_t>(feed_.below(3));
      std::memcpy(head.data(), &result, sizeof result);
    }
    const std::array<std::string_view, 2> pieces{std::string_view{head.data(), head.size()}, bytes};
    for (std::size_t from = 0, total = head.size() + bytes.size(); from < total;)
      if (!writer_.push(kind, pieces, from, RecordState::none)) return;
    writer_.settle();
  }

  void write_position() {
    AreaHead& head = child_.head();
    std::atomic<std::uint64_t>* const words[] = {&head.tasks.head, &head.tasks.tail, &head.results.head,
                                                 &head.results.tail};
    std::atomic<std::uint64_t>& word = *words[feed_.below(4)];
    word.store(feed_.flag() ? feed_.number() : word.load() + 16 * feed_.below(64));
  }

  // Writes bytes into a ring, mostly into records that were just written.
  void write_anywhere() {
    char* const ring = feed_.below(4) == 0 ? child_.task_bytes() : child_.result_bytes();
    const std::string_view bytes = feed_.bytes(32);
    const std::size_t at = feed_.below(8) == 0 ? feed_.number() % (kRingBytes - 32) : 4 * feed_.below(128);
    std::memcpy(ring + at, bytes.data(), bytes.size());
  }

  Feed& feed_;
  proto::Descriptor memory_;
  SharedArea child_;
  LinkEnd link_;
  RingWriter writer_{child_.head().results, child_.result_bytes()};
  Ear ear_;
  std::uint64_t last_serial_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Feed feed{data, size};
  World world{feed};
  while (!feed.done() && world.alive()) world.step();
  return 0;
}
