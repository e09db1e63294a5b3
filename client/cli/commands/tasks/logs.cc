// forkmill task logs: what the attempts of a task have printed and logged.
#include <cstdio>
#include <limits>
#include <memory>
#include <thread>

#include "client/cli/commands/change.h"
#include "client/cli/commands/connection.h"
#include "client/cli/commands/tasks.h"
#include "client/cli/text/answers.h"
#include "client/cli/views/logs.h"

namespace forkmill::cli {

namespace {

using namespace std::chrono_literals;

constexpr const char* kFooter =
    R"(The broker keeps the first 4 KiB and the newest output of each attempt, in memory, as long as the task
is known and --log-memory of the broker lasts. A line says how many bytes are missing. The output of a
command (forkmill run, map) is in its log as it comes, and up to its limit in the result: forkmill
attach ID. Tasks with sealed arguments have no log: what they print stays on their worker's machine.

Examples:
  forkmill task logs 0190163d-8694-739b
  forkmill task logs -f 0190163d-8694-739b            until the task ends, over all further attempts
  forkmill task logs --attempt 1 0190163d-8694-739b   the first attempt of a task that was tried again

Exit status: 0 printed; 4 there is no such task.)";

constexpr auto kPause = 200ms;  // between two questions while a log is followed

struct LogsCommand {
  std::string id;
  std::uint32_t attempt = 0;
  bool follow = false;
  bool raw = false;
  Format format = Format::table;
};

// Whether the page is the last one of its attempt for now.
bool is_read(const Json& page) { return number_of(page, "next") >= number_of(page, "bytes"); }

class LogReader {
 public:
  LogReader(Connection& connection, const LogsCommand& options)
      : connection_{connection},
        options_{options},
        view_{options.format},
        query_{.kind = QueryKind::logs, .argument = options.id, .filter = {}, .attempt = options.attempt} {}

  int run() {
    for (;;) {
      const Json page = connection_.ask(query_);
      if (query_.attempt == 0) query_.attempt = static_cast<std::uint32_t>(number_of(page, "attempt"));
      print(view_.render(page));
      query_.from = static_cast<std::uint64_t>(number_of(page, "next"));
      if (!is_read(page)) continue;
      if (!options_.follow || is_over(page)) return finish(page);
      if (begin_next_attempt(page)) continue;
      std::this_thread::sleep_for(kPause);
    }
  }

 private:
  void print(const std::string& text) {
    if (text.empty()) return;
    found_ = true;
    print_stdout(text, options_.raw);
  }

  bool is_over(const Json& page) const {
    if (!is_true(page, "complete")) return false;
    return options_.attempt != 0 || (is_true(page, "task_ended") && number_of(page, "last_attempt") <= query_.attempt);
  }

  // Goes on to the attempt after one that is over.
  bool begin_next_attempt(const Json& page) {
    const bool has_next = number_of(page, "last_attempt") > query_.attempt;
    if (options_.attempt != 0 || !has_next || !is_true(page, "complete")) return false;
    print(view_.finish());
    ++query_.attempt;
    query_.from = 0;
    if (for_people(options_.format))
      std::fprintf(stderr, "forkmill: attempt %u\n", static_cast<unsigned>(query_.attempt));
    return true;
  }

  int finish(const Json& page) {
    print(view_.finish());
    if (!found_ && for_people(options_.format)) std::fprintf(stderr, "forkmill: %s\n", why_no_log(page).c_str());
    return 0;
  }

  Connection& connection_;
  const LogsCommand& options_;
  LogView view_;
  Query query_;
  bool found_ = false;
};

}  // namespace

void add_logs(const Program& program, CLI::App& group) {
  auto* command = group.add_subcommand("logs", "Print what a task has printed and logged");
  command->footer(kFooter);
  auto options = std::make_shared<LogsCommand>();
  command->add_option("id", options->id, "Id, or an unambiguous prefix of at least 8 characters")
      ->required()
      ->option_text("ID");
  command->add_option("--attempt", options->attempt, "The log of this attempt [default: the last one]")
      ->check(number_between(std::uint32_t{1}, std::numeric_limits<std::uint32_t>::max()))
      ->type_name("N");
  command->add_flag("-f,--follow", options->follow, "Print what comes until the task, or the given attempt, ends");
  add_raw(*command, options->raw);
  add_stream_format(*command, options->format);
  add_connection_options(*command, program.connection);
  command->callback([program, options] {
    program.action = [program, options] {
      Connection connection{program.connection};
      return LogReader{connection, *options}.run();
    };
  });
}

}  // namespace forkmill::cli
