// Command templates, as in GNU parallel: a command with placeholders for the arguments of each job.
//
//   {}   the argument (all of them with several input sources)     {#}   the number of the job, from 1
//   {.}  without its extension                                     {1} {2} …   of the first, second … source
//   {/}  file name, {//} directory, {/.} file name without         {-1}  of the last source
//        extension                                                 {1.} {2/} {1//} {-1/.}   both at once
//
// In a shell line each argument is quoted, so that it reaches the command as one word. " {}" is appended to a template
// without placeholders. With an empty template, the argument is the shell line. Other text in braces stays as it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/map/jobs/job.h"

namespace forkmill::cli {

class CommandTemplate {
 public:
  // The longest argument, and so the longest shell line, that Linux accepts (MAX_ARG_STRLEN without the final NUL).
  static constexpr std::size_t kMaxLine = 128UL * 1024 - 1;

  // `words` is the command, as split by the shell of the user. Joined with blanks, it is the line for the shell of the
  // worker; with `direct`, each word is an argument of a program that runs without a shell.
  CommandTemplate(const std::vector<std::string>& words, bool direct);

  // Whether the command runs without a shell.
  bool direct() const { return direct_; }

  // The number of input sources that the placeholders need ({3} needs 3, {-2} needs 2).
  int positions() const { return positions_; }

  // Fills in the placeholders. Throws UsageError, with the job, if the command is longer than kMaxLine or contains NUL.
  Job job(std::uint64_t seq, Row args) const;

 private:
  enum class Form { literal, whole, no_extension, base, directory, base_no_extension, seq };
  struct Piece {
    Form form = Form::literal;
    int position = 0;    // 0: all arguments
    std::string text{};  // for Form::literal
  };
  using Word = std::vector<Piece>;

  static Word parse(std::string_view text);
  static bool parse_braces(std::string_view inside, Piece& piece);
  static std::string apply(Form form, std::string_view arg);
  std::string expand(const Word& word, std::uint64_t seq, const Row& args, bool quoted) const;
  void expand_direct(const Word& word, Job& job) const;

  std::vector<Word> words_;  // one word, unless direct_
  bool direct_ = false;
  bool lines_ = false;  // the template is empty: each argument is a shell line
  int positions_ = 0;
};

}  // namespace forkmill::cli
