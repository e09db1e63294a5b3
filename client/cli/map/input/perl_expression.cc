#include "client/cli/map/input/perl_expression.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "client/cli/errors/command_error.h"

namespace forkmill::cli {

namespace {

struct CharacterClass {
  char letter;
  std::string_view outside;  // in place of \LETTER
  std::string_view inside;   // the same in brackets; empty: not possible there
};
constexpr std::array kCharacterClasses{
    CharacterClass{'t', "\t", "\t"},         CharacterClass{'n', "\n", "\n"},
    CharacterClass{'r', "\r", "\r"},         CharacterClass{'f', "\f", "\f"},
    CharacterClass{'d', "[0-9]", "0-9"},     CharacterClass{'D', "[^0-9]", ""},
    CharacterClass{'h', "[ \t]", " \t"},     CharacterClass{'s', "[[:space:]]", "[:space:]"},
    CharacterClass{'S', "[^[:space:]]", ""}, CharacterClass{'w', "[[:alnum:]_]", "[:alnum:]_"},
    CharacterClass{'W', "[^[:alnum:]_]", ""}};

class Translation {
 public:
  explicit Translation(std::string_view perl) : perl_{perl}, rest_{perl} {}

  std::string run() {
    while (!rest_.empty()) {
      if (rest_[0] == '\\')
        escape();
      else if (rest_[0] == '[')
        brackets();
      else
        plain();
    }
    return out_;
  }

 private:
  [[noreturn]] void reject(std::string_view what) const {
    throw UsageError{"--colsep: '" + std::string{perl_} + "': " + std::string{what} + " is not supported",
                     "write a POSIX extended regular expression; \\d, \\s, \\w, \\h and \\t are understood as well"};
  }

  static const CharacterClass* find(char letter) {
    const auto* const found = std::find_if(kCharacterClasses.begin(), kCharacterClasses.end(),
                                           [letter](auto& one) { return one.letter == letter; });
    return found == kCharacterClasses.end() ? nullptr : found;
  }

  char escaped() {
    const char letter = rest_.size() > 1 ? rest_[1] : '\\';
    rest_.remove_prefix(std::min<std::size_t>(2, rest_.size()));
    return letter;
  }

  void escape() {
    const char letter = escaped();
    if (const auto* known = find(letter)) {
      out_ += known->outside;
    } else if (std::isdigit(static_cast<unsigned char>(letter)) != 0) {
      reject(std::string{"\\"} + letter);
    } else {
      out_ += '\\';  // a special character, or a word boundary, which the C library knows
      out_ += letter;
    }
  }

  void brackets() {
    std::string items;
    bool last_bracket = false;  // "]" must be the first item
    bool last_dash = false;     // "-" must be the last item
    bool late_caret = false;    // "^" must not be the first item
    rest_.remove_prefix(1);
    const bool negated = rest_.starts_with('^');
    if (negated) rest_.remove_prefix(1);
    for (bool first = true; !rest_.empty() && (first || rest_[0] != ']'); first = false) {
      if (rest_.starts_with("[:")) {
        const auto end = rest_.find(":]");
        if (end == std::string_view::npos) break;
        items += rest_.substr(0, end + 2);
        rest_.remove_prefix(end + 2);
        continue;
      }
      if (rest_[0] != '\\') {
        last_bracket = last_bracket || rest_[0] == ']';
        if (rest_[0] != ']') items += rest_[0];
        rest_.remove_prefix(1);
        continue;
      }
      const char letter = escaped();
      if (const auto* known = find(letter)) {
        if (known->inside.empty()) reject(std::string{"\\"} + letter + " in brackets");
        items += known->inside;
      } else if (letter == ']') {
        last_bracket = true;
      } else if (letter == '-') {
        last_dash = true;
      } else if (letter == '^') {
        late_caret = true;
      } else {
        items += letter;
      }
    }
    if (rest_.empty()) return void(out_ += "[" + items);  // not closed: the compiler of the expression says so
    rest_.remove_prefix(1);
    out_ += std::string{negated ? "[^" : "["} + (last_bracket ? "]" : "") + items + (late_caret ? "^" : "") +
            (last_dash ? "-" : "") + "]";
  }

  void plain() {
    if (rest_.starts_with("(?:")) {
      out_ += '(';
      rest_.remove_prefix(3);
      return;
    }
    if (rest_.starts_with("(?")) reject("(?...)");
    for (const auto lazy : {"+?", "*?", "??"}) {
      if (rest_.starts_with(lazy)) reject(lazy);
    }
    out_ += rest_[0];
    rest_.remove_prefix(1);
  }

  std::string_view perl_;
  std::string_view rest_;
  std::string out_;
};

}  // namespace

std::string posix_expression(std::string_view perl) { return Translation{perl}.run(); }

}  // namespace forkmill::cli
