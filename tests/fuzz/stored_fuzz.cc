// Reads what a broker finds on its disk: rows with and without a true checksum, records of named objects, the head
// file. Rows with any contents are read as they were written. Rows of any bytes are refused or read, and so are
// records; what was read can be used.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "broker/core/core.h"
#include "broker/core/objects/base/object.h"
#include "broker/store/bytes.h"
#include "broker/store/crc32c.h"
#include "broker/store/sqlite/head.h"
#include "broker/store/sqlite/row.h"
#include "tests/fuzz/filler.h"
#include "tests/fuzz/require.h"

namespace {

using namespace forkmill;
using namespace forkmill::broker;
using fuzz::Feed;
using fuzz::Filler;
using fuzz::require;
using proto::TaskSeq;

// ---- Rows -----------------------------------------------------------------------------------------------------------

void rows_as_written(Feed& feed) {
  const fuzz::Palette palette;
  Filler filler{feed, palette};
  RowCoder coder;
  proto::Submission made;
  filler.get(made);
  const TaskSeq seq{feed.number()};
  const PutTask put{seq,          made.id,       made.spec,
                    made.payload, feed.number(), proto::milliseconds{static_cast<std::int64_t>(feed.number())}};
  PutTask read_put;
  require(coder.decode(seq, std::string{coder.encode(put)}, read_put).empty() && read_put == put,
          "a task is read as it was written");

  Finish finish;
  finish.seq = seq;
  filler.get(finish.outcome);
  filler.get(finish.finished_at);
  Finish read_finish;
  require(coder.decode(seq, std::string{coder.encode(finish)}, read_finish).empty() && read_finish == finish,
          "an outcome is read as it was written");

  ProgressionRow progression;
  filler.get(progression.progression.attempts);
  filler.get(progression.progression.due);
  filler.get(progression.progression.dispatched);
  if (progression.progression.dispatched) {
    Requeue& requeued = progression.requeued.emplace();
    requeued.seq = seq;
    filler.get(requeued.queue);
    filler.get(requeued.priority);
  }
  ProgressionRow read_progression;
  require(RowCoder::decode(seq, std::string{coder.encode(seq, progression)}, read_progression).empty() &&
              read_progression.progression == progression.progression &&
              read_progression.requeued == progression.requeued,
          "a progression is read as it was written");
}

// Returns a row with a true checksum, as broker/store/sqlite/row.cc makes it: over the row's table, version and
// number, and the bytes that follow the checksum.
std::string sealed(RowKind kind, TaskSeq seq, std::string_view bytes) {
  constexpr std::size_t kBodyAt = 5;
  std::string row{bytes};
  row.resize(std::max(row.size(), kBodyAt));
  if (kind != RowKind::progression || row[0] != 2) row[0] = 1;
  char prefix[16] = {};
  put_number(prefix, static_cast<std::uint8_t>(kind));
  put_number(prefix + 1, static_cast<std::uint8_t>(row[0]));
  put_number(prefix + 8, seq.value());
  put_number(row.data() + 1, crc32c(std::string_view{row}.substr(kBodyAt), crc32c({prefix, sizeof prefix})));
  return row;
}

void rows_of_bytes(Feed& feed) {
  RowCoder coder;
  const TaskSeq seq{feed.number()};
  const auto kind = static_cast<RowKind>(1 + feed.below(4));
  const bool true_checksum = feed.below(8) != 0;
  const std::string_view bytes = feed.rest();
  const std::string row = true_checksum ? sealed(kind, seq, bytes) : std::string{bytes};
  PutTask put;
  TaskSummary summary;
  TaskSummary::End end;
  Finish finish;
  ProgressionRow progression;
  std::string_view record;
  const bool task = coder.decode(seq, row, put).empty();
  require(coder.decode(seq, row, summary).empty() == task, "a task's row is sound for both readers, or for neither");
  if (task)
    require(coder.decode(seq, std::string{coder.encode(put)}, put).empty(), "a task that was read can be written");
  if (coder.decode(seq, row, finish).empty())
    require(coder.decode(seq, row, end).empty(), "an end can be read from an outcome's row");
  (void)coder.decode(seq, row, progression);
  require(coder.decode(seq, row, record).empty() || !true_checksum || kind != RowKind::record,
          "a record may have any bytes");
}

// ---- Records of named objects ---------------------------------------------------------------------------------------

proto::Now after_start() { return {std::chrono::hours{1}, proto::milliseconds{1'700'000'000'000}}; }

// Drops what operators had set, as the records tell, and sets something.
void use_controls(Core& core, const std::function<void(proto::Message)>& say) {
  const auto controls = core.state().controls;
  for (const auto& [queue, control] : controls.queues) {
    require(core.state().queues.find(queue) != nullptr, "a queue with a control is there");
    say(proto::Command{4, proto::ResumeQueue{queue}});
    say(proto::Command{5, proto::LimitQueue{.queue = queue, .reset = true}});
  }
  for (const auto& [name, control] : controls.names) say(proto::Command{6, proto::ResumeName{name}});
  require(core.state().controls.queues.empty() && core.state().controls.names.empty(), "all controls are dropped");
  say(proto::Command{7, proto::LimitQueue{.queue = "default", .max_running = 1}});
}

// Asks every object for all that it knows.
void look_around(Core& core, proto::PeerId peer) {
  proto::Hello hello;
  hello.name = "client";
  core.handle(after_start(), peer, proto::Envelope{{}, hello}, proto::SessionId{7});
  proto::MessageSeq seq;
  const auto say = [&](proto::Message message) {
    seq = seq.next();
    core.handle(after_start(), peer, proto::Envelope{{proto::SessionId{7}, seq}, std::move(message)},
                proto::SessionId{8});
  };
  say(proto::Query{.id = 1, .kind = proto::QueryKind::objects, .argument = ""});
  std::vector<std::pair<std::uint64_t, std::string>> objects;
  core.objects().directory().visit(
      [&](const Object& object) { objects.emplace_back(object.id().value(), object.name()); });
  std::sort(objects.begin(), objects.end());
  std::uint64_t number = 0;
  for (const auto& [id, name] : objects) {
    say(proto::Query{.id = 2, .kind = proto::QueryKind::object, .argument = name});
    proto::Operate operate;
    for (int verb = 1; verb <= static_cast<int>(proto::Verb::watch); ++verb) {
      if (static_cast<proto::Verb>(verb) == proto::Verb::remove) continue;
      proto::Operation& op = operate.operations.emplace_back();
      op.number = ++number;
      op.verb = static_cast<proto::Verb>(verb);
      op.object = id;
      op.wait = proto::milliseconds{0};
    }
    say(std::move(operate));
    say(proto::Command{3, proto::ReleaseObject{name}});
  }
  use_controls(core, say);
  core.tick(after_start());
  core.flush(after_start());
  (void)core.take_effects();
}

void records(Feed& feed) {
  Core core{{}, {"store", proto::Epoch{2}, proto::CommitSeq{9}, true, "fuzz", {}, TaskSeq{100}}, after_start()};
  try {
    for (std::uint64_t seq = 1; !feed.done(); ++seq) core.recover_record(TaskSeq{seq}, feed.bytes(4096));
    core.finish_recovery();
  } catch (const std::exception&) {
    return;  // the record is refused, so the broker does not start
  }
  look_around(core, proto::PeerId{1});
}

// ---- The head file --------------------------------------------------------------------------------------------------

void head(Feed& feed) {
  static const int file = ::memfd_create("head", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  const std::string_view first = feed.bytes(64);
  const std::string_view second = feed.bytes(64);
  constexpr off_t kSlotDistance = 4096;
  require(::ftruncate(file, 0) == 0, "the file can be emptied");
  require(::pwrite(file, first.data(), first.size(), 0) == static_cast<ssize_t>(first.size()),
          "the first slot can be written");
  require(::pwrite(file, second.data(), second.size(), kSlotDistance) == static_cast<ssize_t>(second.size()),
          "the second slot can be written");
  const Head::Reading reading = Head::read(system_files(), path);
  require(reading.exists && reading.damaged <= 2 && (reading.record || reading.damaged == 2),
          "a slot that is not damaged is read");
  Meta meta;
  meta.store = "store";
  meta.epoch = proto::Epoch{feed.number()};
  meta.writes = feed.number();
  (void)Head::missing(reading, meta, "/data");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Feed feed{data, size};
  switch (feed.below(4)) {
    case 0:
      rows_as_written(feed);
      break;
    case 1:
      rows_of_bytes(feed);
      break;
    case 2:
      records(feed);
      break;
    default:
      head(feed);
  }
  return 0;
}
