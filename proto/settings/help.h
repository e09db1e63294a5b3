// The layout of --help in all programs. The one of CLI11 does not break lines, shows relations between options beside
// their names, and puts two empty lines between groups.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>

namespace forkmill::proto {

// Breaks lines at blanks so that none is longer than `width` bytes, unless a single word is. Keeps line breaks of
// `text`.
std::string wrapped(const std::string& text, std::size_t width);

class HelpLayout : public CLI::Formatter {
 public:
  HelpLayout();

  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
  std::string make_usage(const CLI::App* app, std::string name) const override;
  std::string make_subcommands(const CLI::App* app, CLI::AppFormatMode mode) const override;
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
  std::string make_option_usage(const CLI::Option* option) const override;
};

}  // namespace forkmill::proto
