#include "proto/settings/help.h"

#include <doctest/doctest.h>

namespace help_test {

using namespace forkmill::proto;

TEST_CASE("a description is wrapped at blanks, but not within brackets") {
  CHECK(wrapped("one two three", 7) == "one two\nthree");
  CHECK(wrapped("one two [default: 5s]", 15) == "one two\n[default: 5s]");
  CHECK(wrapped("one [default: 5s]", 17) == "one [default: 5s]");
  CHECK(wrapped("unbreakable", 3) == "unbreakable");
  CHECK(wrapped("[open", 3) == "[open");
  CHECK(wrapped("", 3).empty());
}

TEST_CASE("help has one empty line between its parts and names the values of options and arguments") {
  CLI::App app{"Does things.", "program"};
  app.formatter(std::make_shared<HelpLayout>());
  int number = 0;
  std::string file;
  app.add_option("--number", number, "A number [default: 0]")->type_name("N")->group("Numbers");
  app.add_option("file", file, "A file")->required()->option_text("FILE");
  app.footer("The end.");
  CHECK(app.help() ==
        "Does things.\n\nUsage: program [OPTIONS] FILE\n\n"
        "Arguments:\n  FILE                          A file\n\n"
        "Options:\n  -h,--help                     Print this help message and exit\n\n"
        "Numbers:\n  --number N                    A number [default: 0]\n\n"
        "The end.\n");
}

TEST_CASE("help lists the commands of a program") {
  CLI::App app{"Does things.", "program"};
  app.formatter(std::make_shared<HelpLayout>());
  app.add_subcommand("run", "Run it");
  CHECK(app.help().find("\nUsage: program [OPTIONS] [COMMAND]\n") != std::string::npos);
  CHECK(app.help().find("\n\nCommands:\n  run                           Run it\n") != std::string::npos);
}

}  // namespace help_test
