// --colsep: splits an argument into columns at a separator, which is a regular expression (perl_expression.h).
#pragma once

#include <regex.h>

#include <memory>
#include <string>
#include <vector>

namespace forkmill::cli {

// Copies share the compiled expression, which is constant.
class ColumnSplitter {
 public:
  // Throws UsageError if the expression does not compile or matches the empty string.
  explicit ColumnSplitter(const std::string& expression);

  // Appends the columns of `text` to `columns`: at least one, which may be empty.
  void split(const std::string& text, std::vector<std::string>& columns) const;

 private:
  struct Free {
    void operator()(regex_t* expression) const;
  };
  std::shared_ptr<regex_t> regex_;
};

}  // namespace forkmill::cli
