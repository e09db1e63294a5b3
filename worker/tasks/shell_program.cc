#include "worker/tasks/shell_program.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <system_error>
#include <utility>

#include "worker/tasks/simple_line.h"

namespace forkmill::worker {

namespace {

using Variables = std::map<std::string_view, std::string_view>;

// The rules of this file are those of dash. Other shells change more of the environment.
bool shell_is_dash() {
  static const bool is_dash = [] {
    std::error_code error;
    return std::filesystem::canonical("/bin/sh", error).filename() == "dash";
  }();
  return is_dash;
}

bool is_name(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !text.empty() && !is_digit(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return is_letter(c) || is_digit(c); });
}

// The shell passes on the variables whose names it accepts; of several with one name, the last.
Variables passed_on(const std::vector<std::string>& environment) {
  Variables variables;
  for (const std::string_view entry : environment) {
    const auto equals = entry.find('=');
    if (equals == std::string_view::npos || !is_name(entry.substr(0, equals))) continue;
    variables[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  return variables;
}

// The shell gives these variables values of its own.
bool has_own_variables(const Variables& variables) {
  return std::any_of(variables.begin(), variables.end(), [](const auto& variable) {
    return variable.first == "IFS" || variable.first == "OPTIND" || variable.first == "PPID" ||
           variable.first == "LINENO";
  });
}

// The folder by the name that $PWD has for it, or else by the name that the system has. Empty: there is none.
std::string folder_name(const Variables& variables, const std::string& folder) {
  struct stat named {};
  struct stat entered {};
  const char* path = folder.empty() ? "." : folder.c_str();
  if (::stat(path, &entered) != 0) return {};
  if (const auto pwd = variables.find("PWD"); pwd != variables.end() && pwd->second.starts_with('/')) {
    std::string name{pwd->second};
    if (::stat(name.c_str(), &named) == 0 && named.st_dev == entered.st_dev && named.st_ino == entered.st_ino)
      return name;
  }
  const std::unique_ptr<char, decltype(&::free)> real{::realpath(path, nullptr), &::free};
  return real ? real.get() : "";
}

// The first file of that name in the folders of PATH. Empty: none, or the shell has to say what is wrong.
std::string find_in_path(std::string_view path, std::string_view name) {
  if (path.find('%') != std::string_view::npos) return {};  // has a meaning to the shell
  for (std::size_t begin = 0; begin <= path.size();) {
    const auto end = std::min(path.find(':', begin), path.size());
    const auto folder = path.substr(begin, end - begin);
    if (!folder.starts_with('/')) return {};
    const auto file = std::string{folder} + "/" + std::string{name};
    struct stat found {};
    if (::stat(file.c_str(), &found) == 0) return S_ISREG(found.st_mode) ? file : std::string{};
    if (errno != ENOENT && errno != ENOTDIR) return {};
    begin = end + 1;
  }
  return {};
}

std::string find_program(const Variables& variables, const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const auto path = variables.find("PATH");
  return path == variables.end() ? std::string{} : find_in_path(path->second, name);
}

}  // namespace

std::optional<ShellProgram> program_of_line(std::string_view line, const std::vector<std::string>& environment,
                                            const std::string& folder) {
  auto words = split_simple_line(line);
  if (!words || !shell_is_dash()) return std::nullopt;
  auto variables = passed_on(environment);
  const auto pwd = folder_name(variables, folder);
  auto path = find_program(variables, words->front());
  if (pwd.empty() || path.empty() || has_own_variables(variables)) return std::nullopt;
  variables["PWD"] = pwd;
  ShellProgram program{std::move(path), std::move(*words), {}};
  program.environment.reserve(variables.size());
  for (const auto& [name, value] : variables) {
    program.environment.push_back(std::string{name}.append("=").append(value));
  }
  return program;
}

std::string shell_report(int signal, bool dumped_core) {
  if (signal == SIGINT || signal == SIGPIPE) return {};
  return std::string{::strsignal(signal)} + (dumped_core ? " (core dumped)\n" : "\n");
}

}  // namespace forkmill::worker
