// ReplacementText: a text with replacement strings, such as the command of `forkmill map`, its --tagstring or its
// --results path.
//
//   {} {.} {/} …     all arguments of the job, edited (replacement_edit.h)
//   {1} {2} … {-1}   the argument at that position
//   {1.} {2/} …      both at once
//   {NAME} {NAME.}   the argument of that --header name
//   {#}              the number of the job, from 1
//   {%}              its slot, from 1; --plus: {slot}
//
// Other text in braces stays as it is. Immutable.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/cli/map/jobs/job.h"
#include "client/cli/map/jobs/replacement_edit.h"

namespace forkmill::cli {

// How replacement strings are written.
struct Syntax {
  bool plus = false;                 // --plus
  std::string replace = "{}";        // -I: stands for all arguments
  std::vector<std::string> names{};  // --header, by position
};

class ReplacementText {
 public:
  // Throws UsageError for {= =}, which GNU parallel takes for Perl, and for strings of --plus that are not supported.
  ReplacementText(std::string_view text, const Syntax& syntax);

  bool has_replacements() const;
  // Whether {%} occurs.
  bool uses_slot() const;
  // Whether it is nothing but a replacement string for all arguments.
  bool is_all_arguments() const;
  bool has_all_arguments() const;
  // Whether a replacement string for an argument stands between the quotes of a shell.
  bool has_quoted_arguments() const;
  // The number of arguments that the positions need ({3} needs 3, {-2} needs 2).
  int positions() const;

  // The values of all arguments, each on its own. REQUIRES: is_all_arguments().
  std::vector<std::string> values(const Job& job) const;
  // Fills in the replacement strings. quoted: each argument becomes one word for a shell.
  std::string expand(const Job& job, bool quoted) const;
  // Fills in, with `argument` in place of all arguments.
  std::string expand_one(const Job& job, const std::string& argument, bool quoted) const;

  // Appends another text.
  void append(const ReplacementText& other);
  // Splits at blanks.
  std::vector<ReplacementText> words() const;

 private:
  struct Piece {
    enum class Kind { literal, all, one, seq, slot };
    Kind kind = Kind::literal;
    int position = 0;  // for Kind::one
    std::string text{};
    ReplacementEdit edit{};
  };

  ReplacementText() = default;
  static bool parse(std::string_view inside, const Syntax& syntax, Piece& piece);
  static bool parse_position(std::string_view inside, bool plus, Piece& piece);
  void add_literal(std::string_view text);
  static std::string value(const Piece& piece, const Row& args, const Job& job, bool quoted);
  std::string expand(const Row& args, const Job& job, bool quoted) const;

  std::vector<Piece> pieces_;
};

}  // namespace forkmill::cli
