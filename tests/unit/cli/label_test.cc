#include "client/cli/text/label.h"

#include <doctest/doctest.h>

namespace label_test {

using namespace forkmill::cli;

TEST_CASE("the label of a command is one line of at most 128 bytes that ends with a whole character") {
  CHECK(command_label("echo hi") == "echo hi");
  CHECK(command_label("a\nb\tc\x7f") == "a b c ");
  CHECK(command_label(std::string(128, 'x')) == std::string(128, 'x'));
  CHECK(command_label(std::string(129, 'x')) == std::string(125, 'x') + "…");
  CHECK(command_label(std::string(124, 'x') + "ääääää") == std::string(124, 'x') + "…");
}

TEST_CASE("a command line is the line of a shell, or the quoted words") {
  CHECK(command_line({"ls | wc -l"}, true) == "ls | wc -l");
  CHECK(command_line({"printf", "a b"}, false) == "printf 'a b'");
}

}  // namespace label_test
