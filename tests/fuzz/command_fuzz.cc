// Gives the forkmill command what users give to it: words, templates, separators, points in time, job logs, JSON. Each
// argument that is put into a shell line reaches the command as one word with the same bytes. Bad input is refused by
// UsageError or DecodeError.
#include <forkmill/serialize.h>
#include <forkmill/task_id.h>

#include <algorithm>

#include "client/cli/errors/command_error.h"
#include "client/cli/map/halt.h"
#include "client/cli/map/input/columns.h"
#include "client/cli/map/input/words.h"
#include "client/cli/map/jobs/command_template.h"
#include "client/cli/map/jobs/joblog.h"
#include "client/cli/text/human.h"
#include "client/cli/text/quote.h"
#include "client/cli/text/values.h"
#include "client/cli/text/when.h"
#include "proto/names.h"
#include "tests/fuzz/feed.h"
#include "tests/fuzz/require.h"

namespace {

using namespace forkmill;
using namespace forkmill::cli;
using fuzz::Feed;
using fuzz::require;

std::vector<std::string> some_words(Feed& feed) {
  std::vector<std::string> words;
  for (std::size_t count = feed.below(6); count > 0; --count) words.emplace_back(feed.bytes(200));
  return words;
}

// Splits a line into words as a POSIX shell does, for the forms that shell_quote uses: single quotes, \' and plain
// characters.
std::vector<std::string> split_as_shell(std::string_view line) {
  std::vector<std::string> words;
  bool in_word = false;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == ' ') {
      in_word = false;
      continue;
    }
    if (!std::exchange(in_word, true)) words.emplace_back();
    if (line[at] == '\'') {
      const auto close = line.find('\'', at + 1);
      require(close != std::string_view::npos, "quotes are closed", std::string{line});
      words.back() += line.substr(at + 1, close - at - 1);
      at = close;
    } else if (line[at] == '\\') {
      require(++at < line.size() && line[at] == '\'', "only quotes are escaped", std::string{line});
      words.back() += line[at];
    } else {
      require(std::string_view{"|&;<>()$`\"*?[#~=%!{}\t\n"}.find(line[at]) == std::string_view::npos ||
                  line[at] == '%' || line[at] == '=',
              "characters with a meaning to a shell are quoted", std::string{line});
      words.back() += line[at];
    }
  }
  return words;
}

void templates(Feed& feed) {
  const bool direct = feed.flag();
  const std::vector<std::string> words = some_words(feed);
  const std::vector<std::string> arguments = some_words(feed);
  require(split_as_shell(shell_join(arguments)) == arguments, "a shell reads the words that were quoted");
  const CommandTemplate command{words, direct};
  require(command.positions() >= 0 && command.positions() <= 9999, "the number of positions is within its bounds");
  const Job job = command.job(feed.number(), arguments);
  require(!job.argv.empty() || command.direct(), "there is something to run");
  for (const std::string& word : job.argv)
    require(word.size() <= CommandTemplate::kMaxLine && word.find('\0') == std::string::npos,
            "the system accepts the words of a command");
  // A template of all arguments and nothing else: the arguments reach the command as they are.
  if (const Job plain = CommandTemplate{{"run", "{}"}, false}.job(1, arguments); !arguments.empty()) {
    auto read = split_as_shell(plain.command);
    read.erase(read.begin());
    require(read == arguments, "arguments reach the command as they are", plain.command);
  }
}

void lines(Feed& feed) {
  const std::string text{feed.bytes(2000)};
  if (const auto entry = JobLogEntry::parse(text)) {
    const std::string line = entry->line();
    const auto again = JobLogEntry::parse(std::string_view{line}.substr(0, line.size() - 1));
    require(again && again->command == entry->command && again->seq == entry->seq, "a job log is read as written",
            line);
  }
  if (const auto when = parse_when(text, std::chrono::milliseconds{1'800'000'000'000}))
    require(when->count() >= 0, "no point in time is before 1970", text);
  (void)format_duration(static_cast<double>(feed.number()) / 1000);
  (void)format_bytes(feed.number());
  (void)format_time(static_cast<std::int64_t>(feed.number()));
  if (const auto id = TaskId::parse(text))
    require(TaskId::parse(id->to_string()) == id, "ids are read as written", text);
  if (proto::is_name(text)) require(shell_quote(text) == text, "names need no quotes", text);
  HaltRule::parse(text);
}

// Braces are removed from expressions: glibc's compiler of regular expressions needs endless time and all memory for
// repeated counts. A user who writes such an expression for their own input has asked for it.
void columns(Feed& feed) {
  std::string expression{feed.bytes(12)};
  expression.erase(std::remove(expression.begin(), expression.end(), '{'), expression.end());
  const ColumnSplitter splitter{expression};
  std::vector<std::string> found;
  const std::string text{feed.bytes(200)};
  splitter.split(text, found);
  require(!found.empty(), "there is a first column");
  std::size_t size = 0;
  for (const std::string& one : found) size += one.size();
  require(size <= text.size(), "columns are parts of the text");
}

void values(Feed& feed) {
  if (feed.flag()) {
    const auto arguments = parse_arguments(some_words(feed));
    require(json_from_msgpack(msgpack_from_json(arguments)).is_array(), "arguments are an array");
    return;
  }
  const std::string_view bytes = feed.rest();
  (void)json_or_hex(bytes).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  (void)bin_in_msgpack(bytes, "stdout");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Feed feed{data, size};
  try {
    switch (feed.below(5)) {
      case 0:
        (void)split_words(some_words(feed));
        break;
      case 1:
        templates(feed);
        break;
      case 2:
        lines(feed);
        break;
      case 3:
        columns(feed);
        break;
      default:
        values(feed);
    }
  } catch (const UsageError&) {  // tells what is wrong
  } catch (const DecodeError&) {
  }
  return 0;
}
