// forkmill events: prints what happens to tasks, as it happens.
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "client/cli/commands/connection.h"
#include "client/cli/views/events.h"

namespace forkmill::cli {

namespace {

constexpr const char* kEventsFooter =
    R"(Prints a line for each step of each task that this client may see: submitted, ready, granted, handed_back,
retried, succeeded, failed, cancelled, expired, moved, dropped, forgotten. Goes on until interrupted.

The broker keeps a bounded number of events, and only while they are watched. A reader that is too slow, or
whose --after is too old, gets a line with kind "missed" that tells how many events it does not get; so does
one that goes on after a restart of the broker.

Examples:
  forkmill events --queue mail                     what happens to the tasks of one queue
  forkmill events -o jsonl --state failed          failures, for programs
  at=$(forkmill events --cursor); ./submit-jobs; forkmill events --after "$at" -n 100)";

constexpr std::uint64_t kMaxEvents = 1'000'000'000;
constexpr std::uint64_t kEndless = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kMaxLines = 500;  // that are written at once

struct EventsCommand {
  EventFilter filter;
  std::uint64_t most = 0;  // 0: any number
  Format format = Format::table;
  bool only_cursor = false;
};

std::string line_of(const TaskEvent& event, Format format) {
  return for_people(format) ? event_line(event) : render_json(event_json(event), format);
}

// Prints what the broker has told, and then waits for more.
void print_events(EventStream& events, const EventsCommand& options) {
  for (std::uint64_t left = options.most == 0 ? kEndless : options.most; left > 0;) {
    std::string lines = line_of(events.next(), options.format);
    --left;
    for (std::size_t count = 1; count < kMaxLines && left > 0; ++count) {
      const auto event = events.next_for(std::chrono::milliseconds{0});
      if (!event) break;
      lines += line_of(*event, options.format);
      --left;
    }
    print_stdout(lines);
  }
}

int watch_events(Connection& connection, const ConnectionOptions& how, const EventsCommand& options) {
  auto events = connection.client().events(options.filter);
  try {
    if (!options.only_cursor) {
      print_events(events, options);
      return 0;
    }
    if (!events.begin_within(how.connect_timeout))
      throw CommandError{ExitCode::unreachable, "the broker at " + connection.client().endpoint() + " does not answer"};
    return print_stdout(events.cursor() + "\n");
  } catch (const Error& error) {
    const bool is_older = error.code() == Errc::bad_request &&
                          std::string_view{error.what()}.find("does not know query") != std::string_view::npos;
    if (!is_older) throw;
    throw CommandError{ExitCode::failed, "this broker is older than `forkmill events`, and does not tell events",
                       "upgrade the broker"};
  }
}

}  // namespace

void add_events(const Program& program) {
  auto* command = program.app.add_subcommand("events", "Print what happens to tasks, as it happens");
  command->footer(kEventsFooter);
  auto options = std::make_shared<EventsCommand>();
  command->add_option("--id", options->filter.id, "Only tasks whose ids start with PREFIX")->type_name("PREFIX");
  command->add_option("--queue", options->filter.queue, "Only tasks of this queue")->type_name("QUEUE");
  command->add_option("--task,--name", options->filter.name, "Only tasks with this name")->type_name("NAME");
  command
      ->add_option("--state", options->filter.state,
                   "Only events after which the task is in this state: scheduled, ready, running, succeeded, failed, "
                   "cancelled or expired")
      ->type_name("STATE");
  command
      ->add_option("--after", options->filter.after,
                   "Begin after this cursor: the \"cursor\" of an event, or that of --cursor [default: now]")
      ->type_name("CURSOR");
  command->add_flag("--cursor", options->only_cursor, "Print the current cursor and exit");
  add_number(*command, "-n,--most", options->most, std::uint64_t{0}, kMaxEvents,
             "Exit after this number of events; 0: no limit");
  add_stream_format(*command, options->format);
  add_connection_options(*command, program.connection);
  command->callback([program, options] {
    program.action = [program, options] {
      Connection connection{program.connection};
      return watch_events(connection, program.connection, *options);
    };
  });
}

}  // namespace forkmill::cli
