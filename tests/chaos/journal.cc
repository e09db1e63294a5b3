#include "tests/chaos/journal.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace forkmill::chaos {

// Asks the kernel directly, because the ring replaces the C library's clock (wall_clock.cc).
std::int64_t now_us() {
  timespec now{};
  ::syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

Journal::Journal(const std::string& path)
    : file_{::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)} {
  if (!file_.valid()) throw std::runtime_error{path + ": " + std::strerror(errno)};
}

std::string Journal::line(std::int64_t when, std::string_view words) {
  std::string text = std::to_string(when);
  text.reserve(text.size() + words.size() + 2);
  return text.append(" ").append(words).append("\n");
}

void Journal::append(std::int64_t when, std::string_view words) { append_lines(line(when, words)); }

void Journal::append_lines(std::string_view lines) {
  while (!lines.empty()) {
    const ssize_t written = ::write(file_.get(), lines.data(), lines.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) ::abort();  // an event that is not recorded can not be checked
    lines.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::vector<std::string_view> Entry::split() const {
  std::vector<std::string_view> all;
  std::string_view rest = words;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(' '), rest.size());
    all.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return all;
}

std::int64_t number_in(std::string_view word) {
  std::int64_t number = 0;
  std::from_chars(word.data(), word.data() + word.size(), number);
  return number;
}

Journals::Journals(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& file : std::filesystem::directory_iterator{folder})
    if (file.path().extension() == ".journal") paths.push_back(file.path());
  std::sort(paths.begin(), paths.end());
  texts_.reserve(paths.size());
  for (const auto& path : paths) read(path);
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.when < b.when; });
}

void Journals::read(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  texts_.emplace_back(std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{});
  names_.push_back(std::filesystem::path{path}.stem());
  std::string_view rest = texts_.back();
  for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    const std::string_view text = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    const auto space = text.find(' ');
    if (space == std::string_view::npos) continue;
    entries_.push_back(
        {number_in(text.substr(0, space)), static_cast<std::uint32_t>(names_.size() - 1), text.substr(space + 1)});
  }
}

}  // namespace forkmill::chaos
