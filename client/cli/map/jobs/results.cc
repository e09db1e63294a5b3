#include "client/cli/map/jobs/results.h"

#include <xxhash.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <system_error>
#include <utility>

#include "client/cli/errors/command_error.h"
#include "client/cli/map/jobs/results_table.h"

namespace forkmill::cli {

namespace {

constexpr std::size_t kMaxName = 255;     // bytes in the name of a directory, as common file systems limit it
constexpr std::size_t kKeptPrefix = 200;  // bytes of a longer name that are kept before its digest

std::string shortened(std::string_view name, std::string_view argument) {
  const auto hash = XXH3_128bits(argument.data(), argument.size());
  std::array<char, 40> digest{};
  std::snprintf(digest.data(), digest.size(), "\\#%016llx%016llx", static_cast<unsigned long long>(hash.high64),
                static_cast<unsigned long long>(hash.low64));
  return std::string{name.substr(0, kKeptPrefix)} + digest.data();
}

void write_file(const std::filesystem::path& path, std::string_view text) {
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.flush();
  if (!file) throw CommandError{ExitCode::failed, "cannot write " + path.string()};
}

void make_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw CommandError{ExitCode::failed, "cannot create " + path.string() + ": " + error.message()};
}

}  // namespace

std::string results_name(std::string_view argument) {
  if (argument.empty()) return "\\0";
  if (argument == "." || argument == "..") return "\\" + std::string{argument};
  std::string name;
  for (char c : argument) {
    if (c == '/')
      name += "\\_";
    else if (c == '\\')
      name += "\\\\";
    else
      name += c;
  }
  return name.size() > kMaxName ? shortened(name, argument) : name;
}

ResultsDir::ResultsDir(const std::string& path, std::vector<std::string> names)
    : root_{path}, names_{std::move(names)} {
  std::error_code error;
  std::filesystem::create_directories(root_, error);
  if (error) throw UsageError{"--results: cannot create " + path + ": " + error.message()};
}

std::filesystem::path ResultsDir::folder(const Job& job) const {
  auto path = root_;
  if (job.args.empty()) return path / std::to_string(job.seq);
  for (std::size_t i = 0; i < job.args.size(); ++i) {
    path = path / (i < names_.size() ? results_name(names_[i]) : std::to_string(i + 1)) / results_name(job.args[i]);
  }
  return path;
}

void ResultsDir::write(const Ended& ended) {
  const auto path = folder(ended.job);
  make_folder(path);
  write_file(path / "stdout", ended.outcome.out);
  write_file(path / "stderr", ended.outcome.err);
  write_file(path / "seq", std::to_string(ended.job.seq) + "\n");
}

void ResultsFiles::write(const Ended& ended) {
  const auto path = path_.expand(ended.job, false);
  if (const auto folder = std::filesystem::path{path}.parent_path(); !folder.empty()) make_folder(folder);
  write_file(path, ended.outcome.out);
  write_file(path + ".err", ended.outcome.err);
  write_file(path + ".seq", std::to_string(ended.job.seq) + "\n");
}

std::unique_ptr<Results> open_results(const std::string& path, const Syntax& syntax) {
  if (const auto format = ResultsTable::format_of(path))
    return std::make_unique<ResultsTable>(path, *format, syntax.names);
  ReplacementText text{path, syntax};
  if (text.has_replacements()) return std::make_unique<ResultsFiles>(std::move(text));
  return std::make_unique<ResultsDir>(path, syntax.names);
}

}  // namespace forkmill::cli
