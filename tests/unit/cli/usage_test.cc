#include "client/cli/text/usage.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace forkmill::cli::usage_test {
namespace {

// The message for a command line of a program with the commands "status", "task ls" and "submit".
std::string message(std::vector<std::string> words) {
  CLI::App app{"a program", "forkmill"};
  app.require_subcommand(0, 1);
  app.add_option("--broker");
  app.add_subcommand("status")->add_flag("--watch");
  auto* task = app.add_subcommand("task")->require_subcommand(1);
  task->add_subcommand("ls")->alias("list");
  auto* submit = app.add_subcommand("submit");
  submit->add_option("--queue");
  auto* wait = app.add_subcommand("wait");
  wait->add_option("ids")->required()->option_text("ID...")->expected(1, 100);
  auto* attach = app.add_subcommand("attach");
  attach->add_option("id")->required()->option_text("ID");
  auto* why = app.add_subcommand("why");
  why->add_option("id")->option_text("ID");
  why->add_subcommand("queue");
  why->callback([] { throw CLI::RequiredError{"ID"}; });
  submit->allow_extras();
  submit->callback([submit] { throw CLI::ExtrasError{"submit", submit->remaining()}; });
  std::reverse(words.begin(), words.end());
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    return usage_text(app, error);
  }
  return {};
}

TEST_CASE("a mistyped command or option is named with the one that was meant") {
  CHECK(message({"stauts"}) ==
        "there is no command 'forkmill stauts'; did you mean 'forkmill status'?\n  fix: see forkmill --help");
  CHECK(message({"task", "sl"}) ==
        "there is no command 'forkmill task sl'; did you mean 'forkmill task ls'?\n  fix: see forkmill task --help");
  CHECK(message({"status", "--wacht"}) ==
        "unknown option --wacht; did you mean '--watch'?\n  fix: see forkmill status --help");
  CHECK(message({"--brokre", "x"}) == "unknown option --brokre; did you mean '--broker'?\n  fix: see forkmill --help");
  CHECK(message({"submit", "1", "-2", "--qeue=a"}) ==
        "unknown option --qeue; did you mean '--queue'?\n  fix: see forkmill submit --help");
}

TEST_CASE("other words are named as well") {
  CHECK(message({"frobnicate"}) ==
        "there is no command 'forkmill frobnicate'; there are status, task, submit, wait, attach, why\n  fix: see "
        "forkmill --help");
  CHECK(message({"task"}) == "forkmill task needs one of the commands ls\n  fix: see forkmill task --help");
  CHECK(message({"why"}) == "forkmill why needs ID or one of the commands queue\n  fix: see forkmill why --help");
  CHECK(message({"status", "now"}) == "unexpected argument 'now'\n  fix: see forkmill status --help");
  CHECK(message({"status", "--zzzzzzzz"}) == "unknown option --zzzzzzzz\n  fix: see forkmill status --help");
  CHECK(message({"wait"}) == "give at least one ID\n  fix: see forkmill wait --help");
  CHECK(message({"attach"}) == "ID is missing\n  fix: see forkmill attach --help");
  CHECK(message({"task", "list"}).empty());
}

}  // namespace
}  // namespace forkmill::cli::usage_test
