// --colsep: one argument split into columns at a separator, a POSIX extended regular expression ("\t" and "," work as
// they look).
#pragma once

#include <regex.h>

#include <memory>
#include <string>
#include <vector>

namespace forkmill::cli {

// Copies share the compiled expression, which nobody changes.
class ColumnSplitter {
 public:
  // Throws UsageError for an expression that does not compile or that matches nothing at all.
  explicit ColumnSplitter(const std::string& expression);

  // Appends the columns of `text`: at least one, which may be empty.
  void split(const std::string& text, std::vector<std::string>& columns) const;

 private:
  struct Free {
    void operator()(regex_t* expression) const;
  };
  std::shared_ptr<regex_t> regex_;
};

}  // namespace forkmill::cli
