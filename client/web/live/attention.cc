#include "client/web/live/attention.h"

#include <cstdint>
#include <string>

#include "client/cli/text/answers.h"
#include "client/cli/text/human.h"
#include "client/web/http/target.h"

namespace forkmill::web {

using Json = nlohmann::ordered_json;

namespace {

constexpr std::int64_t kOldMs = 5 * 60 * 1000;   // a ready task that waits this long
constexpr std::int64_t kSilentMs = 10 * 1000;    // a worker that says nothing for this long
constexpr std::int64_t kNearlyFullPercent = 80;  // share of a limit of a queue

class Notes {
 public:
  void add(const std::string& text, const std::string& page) {
    if (notes_.size() < kMaxNotes) notes_.push_back(Json{{"text", text}, {"page", page}});
  }
  Json release() { return std::move(notes_); }

 private:
  Json notes_ = Json::array();
};

std::string page_of_queue(const std::string& queue) { return "/tasks?queue=" + encode_component(queue); }

std::string task_count(std::int64_t count) { return cli::format_count(static_cast<std::uint64_t>(count), "task"); }

void note_unserved(Notes& notes, const Json& status) {
  for (const auto& row : cli::value_of(status, "unserved"))
    notes.add(task_count(cli::number_of(row, "count")) + " " + cli::text_of(row, "name") + " of queue " +
                  cli::text_of(row, "queue") + " cannot run: " + cli::text_of(row, "reason"),
              page_of_queue(cli::text_of(row, "queue")));
}

bool is_nearly_full(const Json& queue, std::int64_t used, const char* limit) {
  const auto max = cli::number_of(queue, limit);
  return max > 0 && used >= max / 100 * kNearlyFullPercent;
}

void note_queues(Notes& notes, const Json& queues) {
  for (const auto& row : cli::value_of(queues, "queues")) {
    const auto name = cli::text_of(row, "name");
    const auto ready = cli::number_of(row, "ready");
    const auto unfinished = ready + cli::number_of(row, "running") + cli::number_of(row, "scheduled");
    if (is_nearly_full(row, unfinished, "max_tasks") || is_nearly_full(row, cli::number_of(row, "bytes"), "max_bytes"))
      notes.add("queue " + name + " is nearly full and will reject tasks", page_of_queue(name));
    if (cli::is_true(row, "paused"))
      notes.add("queue " + name + " is paused and has " + task_count(ready) + " ready", "/queues");
    else if (ready > 0 && cli::number_of(row, "workers") == 0)
      notes.add("queue " + name + " has " + task_count(ready) + " ready and no worker", page_of_queue(name));
    else if (const auto oldest = cli::number_of(row, "oldest_ready_ms"); oldest >= kOldMs)
      notes.add("a task of queue " + name + " has been waiting for " +
                    cli::format_duration(static_cast<double>(oldest) / 1000),
                page_of_queue(name));
  }
}

void note_workers(Notes& notes, const Json& workers) {
  for (const auto& row : cli::value_of(workers, "workers")) {
    const auto name = "worker " + cli::text_of(row, "name") + " on " + cli::text_of(row, "host");
    if (const auto shortage = cli::text_of(row, "shortage"); !shortage.empty())
      notes.add(name + " takes no tasks: " + shortage, "/workers");
    if (const auto silent = cli::number_of(row, "silent_ms"); silent >= kSilentMs)
      notes.add(name + " has been silent for " + cli::format_duration(static_cast<double>(silent) / 1000), "/workers");
  }
}

}  // namespace

Json attention(const Json& status, const Json& queues, const Json& workers) {
  Notes notes;
  note_unserved(notes, status);
  note_queues(notes, queues);
  note_workers(notes, workers);
  if (const auto dead = cli::number_of(status, "dead_letters"); dead > 0)
    notes.add(task_count(dead) + " failed for good and " + (dead == 1 ? "is" : "are") + " kept as dead letter" +
                  (dead == 1 ? "" : "s"),
              "/dead");
  return notes.release();
}

}  // namespace forkmill::web
