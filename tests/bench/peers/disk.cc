// Speed of the disk: the time to append a block to a file and sync it. The floor for every durable queue that answers
// when a task is safe.
//
//     bench_disk --data DIR   with --samples N
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/bench/measure/measure.h"
#include "tests/bench/measure/scratch.h"

namespace {

using namespace forkmill::bench;

// Reports disk.sync_NAME.p50_us and .p99_us.
void measure(const Scratch& scratch, const std::string& name, std::size_t bytes, int samples) {
  const int fd = open(scratch.path(name).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) throw std::runtime_error{scratch.path(name) + ": " + std::strerror(errno)};
  const std::vector<char> block(bytes, 'x');
  measure_latency("disk.sync_" + name, samples / 10, samples, [&] {
    if (write(fd, block.data(), block.size()) != static_cast<ssize_t>(block.size()) || fdatasync(fd) != 0)
      throw std::runtime_error{scratch.path(name) + ": " + std::strerror(errno)};
  });
  close(fd);
}

}  // namespace

int main(int argc, char** argv) try {
  std::string data;
  int samples = 500;
  CLI::App app{"append and fdatasync"};
  app.add_option("--data", data, "where the new directory for the file is made");
  app.add_option("--samples", samples, "appends of each size")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  require_disk(data);
  const Scratch scratch{data};
  measure(scratch, "4k", 4096, samples);
  measure(scratch, "64k", 65536, samples);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_disk: %s\n", error.what());
  return 1;
}
