#include "client/cli/map/columns.h"

#include <array>
#include <string_view>

#include "client/cli/errors/command_error.h"

namespace forkmill::cli {

namespace {

// Replaces "\t" by a tab, which POSIX has no escape for.
std::string with_tabs(std::string_view expression) {
  std::string text;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    if (expression.substr(i, 2) == "\\t") {
      text += '\t';
      ++i;
    } else {
      text += expression[i];
      if (expression[i] == '\\' && i + 1 < expression.size()) text += expression[++i];
    }
  }
  return text;
}

}  // namespace

void ColumnSplitter::Free::operator()(regex_t* expression) const {
  ::regfree(expression);
  delete expression;
}

ColumnSplitter::ColumnSplitter(const std::string& expression) {
  auto compiled = std::make_unique<regex_t>();
  if (const int error = ::regcomp(compiled.get(), with_tabs(expression).c_str(), REG_EXTENDED); error != 0) {
    std::array<char, 256> text{};
    ::regerror(error, compiled.get(), text.data(), text.size());
    throw UsageError{"--colsep: '" + expression + "' is not a regular expression: " + text.data(),
                     "put a backslash before special characters, as in '\\|'"};
  }
  regex_ = {compiled.release(), Free{}};
  if (::regexec(regex_.get(), "", 0, nullptr, 0) == 0) {
    throw UsageError{"--colsep: '" + expression + "' matches the empty string, so it separates nothing"};
  }
}

void ColumnSplitter::split(const std::string& text, std::vector<std::string>& columns) const {
  const char* at = text.c_str();
  regmatch_t match{};
  int flags = 0;
  while (::regexec(regex_.get(), at, 1, &match, flags) == 0 && match.rm_eo > match.rm_so) {
    columns.emplace_back(at, static_cast<std::size_t>(match.rm_so));
    at += match.rm_eo;
    flags = REG_NOTBOL;
  }
  columns.emplace_back(at);
}

}  // namespace forkmill::cli
