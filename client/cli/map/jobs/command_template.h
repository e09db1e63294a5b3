// Command templates, as in GNU parallel: a command with replacement strings (replacement_text.h) for the arguments of
// each job.
//
// In a shell line each argument is quoted, so that it reaches the command as one word. " {}" is appended to a template
// without replacement strings. With an empty template, the arguments are the shell line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/cli/map/jobs/job.h"
#include "client/cli/map/jobs/replacement_text.h"

namespace forkmill::cli {

class CommandTemplate {
 public:
  // The longest argument, and so the longest shell line, that Linux accepts (MAX_ARG_STRLEN without the final NUL).
  static constexpr std::size_t kMaxLine = 128UL * 1024 - 1;

  struct Options {
    bool direct = false;     // each word is an argument of a program that runs without a shell
    bool append = true;      // " {}" is appended to a command without replacement strings
    bool each_word = false;  // a word with a replacement string for all arguments is repeated for each argument
    std::size_t max_line = kMaxLine;
    Syntax syntax{};
  };

  // `words` is the command, as split by the shell of the user. Joined with blanks, it is the line for the shell of the
  // worker, unless `direct`. Throws UsageError for a replacement string that is not supported.
  CommandTemplate(const std::vector<std::string>& words, const Options& options);
  CommandTemplate(const std::vector<std::string>& words, bool direct);

  // Whether the command runs without a shell.
  bool direct() const { return direct_; }
  // Whether the command depends on the slot of a job.
  bool uses_slot() const;
  // Whether an argument, which is quoted for the shell, is put between quotes of the template: they end there, and a
  // part of the argument can be run as a command. Never without a shell.
  bool quotes_arguments() const { return quotes_arguments_; }
  // The number of arguments that the replacement strings need ({3} needs 3, {-2} needs 2).
  int positions() const;

  // Fills in the command of a job whose number, slot and arguments are set. Throws UsageError, with the job, if the
  // command is longer than max_line or contains NUL.
  void fill(Job& job) const;
  Job job(std::uint64_t seq, Row args) const;
  // The length of the command with these arguments.
  std::size_t length(Row args) const;

 private:
  std::string line(const Job& job) const;
  void check(const Job& job) const;

  std::vector<ReplacementText> words_;  // one word, unless direct_ or each_word_
  bool direct_ = false;
  bool each_word_ = false;
  bool quotes_arguments_ = false;
  bool lines_ = false;  // the template is empty: the arguments are the shell line
  std::size_t max_line_ = kMaxLine;
};

}  // namespace forkmill::cli
