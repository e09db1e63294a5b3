#include "client/cli/commands/map/feed_setup.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <random>
#include <utility>

#include "client/cli/errors/command_error.h"
#include "client/cli/map/input/escapes.h"
#include "client/cli/map/input/kept_rows.h"
#include "client/cli/map/input/packed_rows.h"
#include "client/cli/map/input/shuffled_rows.h"
#include "client/cli/text/human.h"
#include "proto/limits.h"

namespace forkmill::cli {

namespace {

constexpr std::size_t kMaxBlock = proto::limits::kMaxPayload - 1024UL * 1024;  // the rest is for the command

void announce_terminal(const std::vector<Input>& inputs) {
  const auto reads_stdin = [](const Input& input) { return input.file && input.words[0] == "-"; };
  if ((inputs.empty() || std::any_of(inputs.begin(), inputs.end(), reads_stdin)) && ::isatty(STDIN_FILENO) == 1) {
    std::fputs("forkmill: reading arguments from the terminal, one per line; press Ctrl-D to end\n", stderr);
  }
}

}  // namespace

FeedSetup::FeedSetup(const MapOptions& options, const std::vector<std::string>& words, bool counted)
    : options_{options}, syntax_{.plus = options.command.plus, .replace = options.command.replace, .names = {}} {
  auto split = split_words(words);
  if (options.log.retry_failed) {
    if (!words.empty()) throw UsageError{"--retry-failed takes the commands from the job log, and no other ones"};
  } else if (options.pipe.on) {
    check_pipe(split);
  } else {
    auto rows = open_rows(std::move(split.inputs));
    if (options.input.header) syntax_.names = rows->read_header();
    command_ = command_template(split.command);
    check_positions(*rows);
    if (counted && !rows->count())
      rows_ = std::make_unique<KeptRows>(*rows);
    else
      rows_ = std::move(rows);
    return;
  }
  command_ = command_template(split.command);
}

void FeedSetup::check_pipe(const MapWords& words) const {
  if (!words.inputs.empty() || !options_.input.files.empty())
    throw UsageError{"--pipe reads standard input, and no other source"};
  if (words.command.empty()) throw UsageError{"--pipe needs a command, which reads the blocks"};
  if (options_.pipe.block > kMaxBlock || options_.pipe.block == 0)
    throw UsageError{"--block: the size must be from 1 to " + std::to_string(kMaxBlock) + " bytes"};
  if (options_.pipe.end && options_.pipe.end->empty() && options_.pipe.start.empty())
    throw UsageError{"--recend and --recstart are empty, so there is no record"};
}

std::unique_ptr<Rows> FeedSetup::open_rows(std::vector<Input> inputs) {
  const auto& input = options_.input;
  if (input.delimiter.empty()) throw UsageError{"--delimiter is empty"};
  std::vector<Input> all;
  all.reserve(input.files.size());
  for (const auto& file : input.files) all.push_back({.file = true, .linked = false, .words = {file}});
  all.insert(all.end(), std::make_move_iterator(inputs.begin()), std::make_move_iterator(inputs.end()));
  announce_terminal(all);
  return open_inputs(all, {.delimiter = input.delimiter,
                           .columns = input.colsep.empty() ? std::nullopt : std::optional{input.colsep},
                           .link = input.link});
}

CommandTemplate FeedSetup::command_template(const std::vector<std::string>& command) const {
  const auto& input = options_.input;
  const bool no_arguments = input.replace_args && input.max_args == std::size_t{0};
  CommandTemplate made{command,
                       {.direct = options_.command.quote,
                        .append = !options_.pipe.on && !no_arguments,
                        .each_word = input.context || input.replace_args,
                        .syntax = syntax_}};
  if (made.quotes_arguments())
    std::fputs(
        "forkmill: an argument stands between quotes of the command: it is quoted already, so these quotes end before "
        "it, and a part of it can run as a command\n  fix: write {} without quotes, or use --quote\n",
        stderr);
  return made;
}

void FeedSetup::check_positions(const Rows& rows) const {
  const auto width = rows.width();
  if (!width || options_.input.packs() || command_->positions() <= static_cast<int>(*width)) return;
  throw UsageError{"the command uses {" + std::to_string(command_->positions()) + "}, but there are only " +
                   format_count(*width, "input source")};
}

std::unique_ptr<RowReader> FeedSetup::packed(std::unique_ptr<RowReader> rows, std::size_t spread) const {
  const auto& input = options_.input;
  const PackedRows::Limits limits{.rows = input.max_args.value_or(0),
                                  .length = CommandTemplate::kMaxLine,
                                  .jobs = spread,
                                  .drop = input.replace_args && input.max_args == std::size_t{0}};
  return std::make_unique<PackedRows>(std::move(rows), limits,
                                      [command = *command_](const Row& row) { return command.length(row); });
}

BlockReader FeedSetup::blocks() const {
  const auto& pipe = options_.pipe;
  const auto end = pipe.end.value_or(pipe.start.empty() ? "\n" : "");
  return BlockReader{STDIN_FILENO,
                     {.bytes = pipe.block,
                      .records = options_.input.max_args.value_or(0),
                      .end = end,
                      .start = pipe.start,
                      .header_lines = pipe.header_lines,
                      .most = kMaxBlock}};
}

JobFeed FeedSetup::feed(std::size_t spread, Finished finished) {
  JobFeed::Input from;
  if (options_.log.retry_failed) {
    from.failed = failed_jobs(options_.log.joblog);
  } else if (options_.pipe.on) {
    from.blocks = blocks();
  } else {
    from.rows = std::move(rows_);
    if (options_.input.shuffle)
      from.rows = std::make_unique<ShuffledRows>(std::move(from.rows), std::random_device{}());
    if (options_.input.packs()) from.rows = packed(std::move(from.rows), spread);
  }
  JobFeed::Options how{.tag = std::nullopt, .skip_empty = options_.input.skip_empty};
  if (options_.output.tagstring) how.tag.emplace(unescaped(*options_.output.tagstring), syntax_);
  return {std::move(*command_), std::move(from), std::move(finished), std::move(how)};
}

}  // namespace forkmill::cli
