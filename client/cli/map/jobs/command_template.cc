#include "client/cli/map/jobs/command_template.h"

#include <algorithm>
#include <utility>

#include "client/cli/errors/command_error.h"
#include "client/cli/text/joined.h"
#include "client/cli/text/quote.h"

namespace forkmill::cli {

CommandTemplate::CommandTemplate(const std::vector<std::string>& words, bool direct)
    : CommandTemplate{words, Options{.direct = direct}} {}

CommandTemplate::CommandTemplate(const std::vector<std::string>& words, const Options& options)
    : direct_{options.direct && !words.empty()},
      each_word_{options.each_word},
      lines_{words.empty()},
      max_line_{options.max_line} {
  if (lines_) return;
  if (direct_) {
    for (const auto& word : words) words_.emplace_back(word, options.syntax);
  } else {
    words_.emplace_back(joined(words, " "), options.syntax);
  }
  const bool complete = std::any_of(words_.begin(), words_.end(), [](auto& word) { return word.has_replacements(); });
  if (!complete && options.append) {
    const ReplacementText all{options.syntax.replace, options.syntax};
    if (!direct_) words_[0].append(ReplacementText{" ", options.syntax});
    direct_ ? words_.push_back(all) : words_[0].append(all);
  }
  quotes_arguments_ = !direct_ && words_[0].has_quoted_arguments();
  if (each_word_ && !direct_) words_ = words_[0].words();
}

bool CommandTemplate::uses_slot() const {
  return std::any_of(words_.begin(), words_.end(), [](auto& word) { return word.uses_slot(); });
}

int CommandTemplate::positions() const {
  int most = 0;
  for (const auto& word : words_) most = std::max(most, word.positions());
  return most;
}

std::string CommandTemplate::line(const Job& job) const {
  if (lines_) return joined(job.args, " ");
  if (!each_word_) return words_[0].expand(job, true);
  std::vector<std::string> words;
  for (const auto& word : words_) {
    if (!word.has_all_arguments()) {
      words.push_back(word.expand(job, true));
      continue;
    }
    for (const auto& arg : job.args) words.push_back(word.expand_one(job, arg, true));
  }
  return joined(words, " ");
}

void CommandTemplate::fill(Job& job) const {
  job.argv.clear();
  if (!direct_) {
    job.command = line(job);
    job.argv = {job.command};
    return check(job);
  }
  for (const auto& word : words_) {
    // A word that is only a replacement string for all arguments becomes one word per argument.
    if (word.is_all_arguments()) {
      for (auto& value : word.values(job)) job.argv.push_back(std::move(value));
    } else if (each_word_ && word.has_all_arguments()) {
      for (const auto& arg : job.args) job.argv.push_back(word.expand_one(job, arg, false));
    } else {
      job.argv.push_back(word.expand(job, false));
    }
  }
  job.command = shell_join(job.argv);
  check(job);
}

void CommandTemplate::check(const Job& job) const {
  for (const auto& word : job.argv) {
    if (word.size() > max_line_) {
      throw UsageError{"the command of job " + std::to_string(job.seq) + " has " + std::to_string(word.size()) +
                           " bytes; the system accepts at most " + std::to_string(max_line_),
                       "shorten the input, or pass the data in a file"};
    }
    if (word.find('\0') != std::string::npos) {
      throw UsageError{
          "the command of job " + std::to_string(job.seq) + " contains a NUL byte, which no argument can have",
          "for input with NUL bytes between the lines, use --null"};
    }
  }
}

Job CommandTemplate::job(std::uint64_t seq, Row args) const {
  Job job{.seq = seq, .args = std::move(args)};
  fill(job);
  return job;
}

std::size_t CommandTemplate::length(Row args) const {
  Job job{.seq = 0, .args = std::move(args)};
  if (!direct_) return line(job).size();
  std::size_t bytes = 0;
  for (const auto& word : words_) bytes += word.expand(job, false).size() + 1;
  return bytes;
}

}  // namespace forkmill::cli
