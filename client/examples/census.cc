// The census of identifiers: counts every identifier of every C and C++ header below a folder with a pool, whose
// processes merge the counts of their files, prints the most frequent ones, and checks itself against a count in this
// one process. The pool runs at a forkmill-census-worker (worker/examples/) on the same files. Exit status 1: the
// counts differ.
#include <forkmill/client.h>
#include <forkmill/pool.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "worker/examples/census.h"

namespace fs = std::filesystem;

namespace {

struct Arguments {
  std::string broker;
  std::string root = "/usr/include";
  std::string queue = "default";
  std::size_t limit = 0;
  std::size_t top = 20;
  std::size_t processes = 0;
  bool list = false;
};

// Headers of the C++ library have no extension: their first lines tell what they are.
bool says_cpp(const fs::path& path) {
  std::array<char, 1024> head{};
  std::ifstream file{path, std::ios::binary};
  file.read(head.data(), head.size());
  const std::string_view text{head.data(), static_cast<std::size_t>(file.gcount())};
  return text.find("-*- C++ -*-") != text.npos;
}

bool is_header(const fs::path& path) {
  constexpr std::array kExtensions{".h", ".hh", ".hpp", ".hxx", ".ipp", ".tcc"};
  const auto extension = path.extension().string();
  return extension.empty() ? says_cpp(path) : std::ranges::find(kExtensions, extension) != kExtensions.end();
}

std::vector<std::string> headers_below(const Arguments& arguments) {
  std::vector<std::string> paths;
  constexpr auto kSkip = fs::directory_options::skip_permission_denied;
  for (const auto& entry : fs::recursive_directory_iterator{arguments.root, kSkip})
    if (!entry.is_symlink() && entry.is_regular_file() && is_header(entry.path())) paths.push_back(entry.path());
  std::ranges::sort(paths);
  if (arguments.limit > 0 && paths.size() > arguments.limit) paths.resize(arguments.limit);
  return paths;
}

// Reads each file once, so that neither of the two counts waits for a disk.
void warm_up(const std::vector<std::string>& paths) {
  for (const auto& path : paths) census::read_file(path);
}

census::Counts count_by_pool(forkmill::Client& client, const Arguments& arguments,
                             const std::vector<std::string>& paths) {
  forkmill::PoolOptions options{.name = "census", .queue = arguments.queue};
  if (arguments.processes > 0) options.processes = static_cast<std::int64_t>(arguments.processes);
  forkmill::Pool pool{client, options};
  return pool.map_reduce(kCensus, census::merge, paths);
}

census::Counts count_alone(const std::vector<std::string>& paths) {
  census::Counts all;
  for (const auto& path : paths) census::merge(all, census::count_file(path));
  return all;
}

template <class F>
double seconds_of(F&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void print_top(const census::Counts& counts, std::size_t top) {
  std::vector<std::pair<std::string, std::uint64_t>> words{counts.begin(), counts.end()};
  std::ranges::stable_sort(words, std::greater{}, [](const auto& word) { return word.second; });
  words.resize(std::min(words.size(), top));
  for (const auto& [word, count] : words)
    std::printf("%10llu  %s\n", static_cast<unsigned long long>(count), word.c_str());
}

int run(const Arguments& arguments) {
  const auto paths = headers_below(arguments);
  if (paths.empty()) {
    std::fprintf(stderr, "no headers below %s\n", arguments.root.c_str());
    return 1;
  }
  if (arguments.list) {
    for (const auto& path : paths) std::printf("%s\n", path.c_str());
    return 0;
  }
  forkmill::Client client{arguments.broker};
  if (!client.wait_connected(std::chrono::seconds{10})) {
    std::fprintf(stderr, "the broker at %s does not answer; is forkmill-broker running there?\n",
                 client.endpoint().c_str());
    return 1;
  }
  std::printf("%zu headers below %s\n", paths.size(), arguments.root.c_str());

  census::Counts together;
  census::Counts alone;
  warm_up(paths);
  const double pool = seconds_of([&] { together = count_by_pool(client, arguments, paths); });
  const double single = seconds_of([&] { alone = count_alone(paths); });

  print_top(together, arguments.top);
  std::printf("%zu files, %zu different identifiers\n", paths.size(), together.size());
  std::printf("forkmill: %.2f s, %.0f files/s", pool, static_cast<double>(paths.size()) / pool);
  if (arguments.processes > 0) std::printf(" with a pool of %zu processes", arguments.processes);
  std::printf("\none process: %.2f s\nspeed-up: %.2f\n", single, single / pool);
  if (together != alone) {
    std::fprintf(stderr, "the two counts differ\n");
    return 1;
  }
  std::printf("check: both counts are equal\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{"Counts the identifiers of all C and C++ headers below a folder, with a pool"};
  app.add_option("--broker", arguments.broker, "tcp://HOST:PORT or ipc://PATH")->envname("FORKMILL_BROKER");
  app.add_option("root,--root", arguments.root, "the folder")->capture_default_str();
  app.add_option("--queue", arguments.queue, "the queue that takes the tasks")->capture_default_str();
  app.add_option("--limit", arguments.limit, "take only the first N files; 0: all")->capture_default_str();
  app.add_option("--top", arguments.top, "how many identifiers to print")->capture_default_str();
  app.add_option("--processes", arguments.processes,
                 "processes of the pool; 0: one for each CPU of the worker's machine");
  app.add_flag("--list", arguments.list, "only print which files would be counted, a line each");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "census: %s\n", error.what());
    return 1;
  }
}
