#include "worker/tasks/simple_line.h"

#include <algorithm>
#include <array>
#include <utility>

namespace forkmill::worker {

namespace {

// Builtins and keywords of sh, and of shells that may take its place. Sorted by bytes.
constexpr auto kShellWords = std::to_array<std::string_view>(
    {".",       ":",       "alias",   "bg",       "bind",      "break",    "builtin", "caller", "case",    "cd",
     "chdir",   "command", "compgen", "complete", "continue",  "coproc",   "declare", "dirs",   "disown",  "do",
     "done",    "echo",    "elif",    "else",     "enable",    "esac",     "eval",    "exec",   "exit",    "export",
     "false",   "fc",      "fg",      "fi",       "for",       "function", "getopts", "hash",   "help",    "histcmd",
     "history", "if",      "in",      "jobs",     "kill",      "let",      "local",   "logout", "mapfile", "popd",
     "printf",  "pushd",   "pwd",     "read",     "readarray", "readonly", "return",  "select", "set",     "shift",
     "shopt",   "source",  "suspend", "test",     "then",      "time",     "times",   "trap",   "true",    "type",
     "typeset", "ulimit",  "umask",   "unalias",  "unset",     "until",    "wait",    "while"});
static_assert(std::ranges::is_sorted(kShellWords));

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view{"_@%+=:,./-"}.find(c) != std::string_view::npos;
}

bool is_program(std::string_view word) {
  // A program without a shell leads its process group. setsid(1) would leave a process behind then, and end at once.
  if (word.substr(word.rfind('/') + 1) == "setsid") return false;
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) { return is_plain(c) && c != '='; }) &&
         !std::binary_search(kShellWords.begin(), kShellWords.end(), word);
}

// Reads the words of a line from its beginning to its end.
class Splitter {
 public:
  explicit Splitter(std::string_view line) : rest_{line} {}

  // False: the line is not simple.
  bool split() {
    while (!rest_.empty()) {
      if (!add_next()) return false;
    }
    end_word();
    return !words_.empty() && is_program(words_.front());
  }

  std::vector<std::string> words() { return std::move(words_); }

 private:
  bool add_next() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    switch (c) {
      case ' ':
      case '\t':
        end_word();
        return true;
      case '\'':
        return add_quoted('\'', {});
      case '"':
        return add_quoted('"', "$`\\");
      case '\\':
        return add_escaped();
      default:
        in_word_ = true;
        word_ += c;
        return is_plain(c);
    }
  }

  // Adds the text up to `quote`, if it has none of `special`.
  bool add_quoted(char quote, std::string_view special) {
    const auto end = rest_.find(quote);
    if (end == std::string_view::npos) return false;
    const auto text = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    in_word_ = true;
    word_ += text;
    return text.find_first_of(special) == std::string_view::npos && text.find('\0') == std::string_view::npos;
  }

  bool add_escaped() {
    if (rest_.empty() || rest_.front() == '\n' || rest_.front() == '\0') return false;
    in_word_ = true;
    word_ += rest_.front();
    rest_.remove_prefix(1);
    return true;
  }

  void end_word() {
    if (std::exchange(in_word_, false)) words_.push_back(std::exchange(word_, {}));
  }

  std::string_view rest_;
  std::string word_;
  bool in_word_ = false;  // a word has begun, which may be empty
  std::vector<std::string> words_;
};

}  // namespace

std::optional<std::vector<std::string>> split_simple_line(std::string_view line) {
  Splitter splitter{line};
  if (!splitter.split()) return std::nullopt;
  return splitter.words();
}

}  // namespace forkmill::worker
