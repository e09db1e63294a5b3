// Command templates, as GNU parallel has them: a command with places where the arguments of each job go.
//
//   {}   the argument (all of them with several input sources)     {#}   number of the job, from 1
//   {.}  without its extension                                     {1} {2} …   of the first, second … source
//   {/}  file name, {//} directory, {/.} file name without         {-1}  of the last source
//        extension                                                 {1.} {2/} {1//} {-1/.}   both at once
//
// In a shell line every argument is quoted, so it reaches the command as one word whatever is in it. A template
// without any of these gets " {}" at its end; an empty template takes the argument itself as the shell line. Anything
// else in braces stays as it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/map/job.h"

namespace forkmill::cli {

class CommandTemplate {
 public:
  // The longest shell line, or single argument, that Linux takes (MAX_ARG_STRLEN less the NUL at its end).
  static constexpr std::size_t kMaxLine = 128UL * 1024 - 1;

  // words: the command as the user's shell split it; joined by blanks they are the line for the worker's shell.
  // direct: run them without a shell, one word each.
  CommandTemplate(const std::vector<std::string>& words, bool direct);

  // Without a shell?
  bool direct() const { return direct_; }

  // Highest and lowest position named ({3} gives 3, {-2} gives 2): the least number of input sources needed.
  int positions() const { return positions_; }

  // Throws UsageError, naming the job, when the command would be longer than kMaxLine.
  Job job(std::uint64_t seq, Row args) const;

 private:
  enum class Form { literal, whole, no_extension, base, directory, base_no_extension, seq };
  struct Piece {
    Form form = Form::literal;
    int position = 0;    // 0: all arguments
    std::string text{};  // of a literal
  };
  using Word = std::vector<Piece>;

  static Word parse(std::string_view text);
  static bool parse_braces(std::string_view inside, Piece& piece);
  static std::string apply(Form form, std::string_view arg);
  std::string expand(const Word& word, std::uint64_t seq, const Row& args, bool quoted) const;
  void expand_direct(const Word& word, Job& job) const;

  std::vector<Word> words_;  // one, unless direct
  bool direct_ = false;
  bool lines_ = false;  // the argument is the command
  int positions_ = 0;
};

}  // namespace forkmill::cli
