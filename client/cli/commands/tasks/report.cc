// forkmill report: a page about the tasks of the last time.
#include <memory>

#include "client/cli/commands/tasks.h"
#include "client/cli/report/page.h"
#include "client/cli/report/task_facts.h"
#include "client/cli/text/answers.h"
#include "client/cli/text/human.h"

namespace forkmill::cli {

namespace {

constexpr const char* kReportFooter =
    R"(Prints one HTML page, without scripts and without anything to load: throughput, times by task, the
slowest tasks, failures, and what the processes of the workers ran when. Tasks that have ended are in it as
long as the broker keeps their results; with --finished, it is about those of the history instead, which has
no unfinished tasks.

Examples:
  forkmill report > report.html
  forkmill report --since 1d --queue mail > mail.html
  forkmill report --since 2026-11-20T13:00 --until 2026-11-20T14:00 > hour.html

`forkmill map --report FILE` writes the same for one run.)";

constexpr std::chrono::hours kDefaultTime{1};
constexpr std::size_t kMaxReported = 1'000'000;

struct ReportCommand {
  TaskFilter filter{};
  std::size_t most = 20'000;
};

ReportFacts facts_of_cluster(Connection& connection, const ReportCommand& options) {
  auto filter = options.filter;
  const auto now = unix_now();
  if (filter.since.count() == 0) filter.since = (filter.until.count() == 0 ? now : filter.until) - kDefaultTime;
  const auto status = connection.ask(QueryKind::status);
  ReportFacts facts{.title = "forkmill report", .from_ms = filter.since.count(), .to_ms = now.count()};
  if (filter.until.count() > 0) facts.to_ms = filter.until.count();
  facts.about = {{"broker", text_of(status, "software") + " with store " + text_of(status, "store")},
                 {"workers", text_of(status, "workers") + " with " + text_of(status, "children") + " processes"}};
  if (!filter.queue.empty()) facts.about.emplace_back("queue", filter.queue);
  if (!filter.name.empty()) facts.about.emplace_back("task", filter.name);
  const auto next =
      for_each_task(connection, filter, options.most, [&](const Json& row) { facts.tasks.push_back(facts_of(row)); });
  facts.is_cut = next != 0;
  for (const auto& task : facts.tasks) facts.to_ms = std::max(facts.to_ms, task.finished_ms);
  return facts;
}

}  // namespace

void add_report(const Program& program) {
  auto* command = program.app.add_subcommand("report", "Print a page about the tasks of the last hour, in HTML");
  command->footer(kReportFooter);
  auto options = std::make_shared<ReportCommand>();
  add_filter_options(*command, options->filter);
  command->add_flag("--finished", options->filter.finished,
                    "The history of finished tasks: also those whose results are no longer kept (forkmill-broker "
                    "--history-age)");
  add_number(*command, "-n,--most", options->most, std::size_t{1}, kMaxReported,
             "Maximum number of tasks, the newest first");
  add_connection_options(*command, program.connection);
  command->callback([program, options] {
    program.action = [program, options] {
      Connection connection{program.connection};
      return print_stdout(report_page(facts_of_cluster(connection, *options)), true);
    };
  });
}

}  // namespace forkmill::cli
