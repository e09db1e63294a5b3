// Checks that the examples of the toolkit share. An example that did not come out as it should ends with status 1.
#pragma once

#include <forkmill/process.h>
#include <sys/types.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

inline void check(bool holds, const std::string& what) {
  if (holds) return;
  std::cout << std::flush;
  std::cerr << "wrong: " << what << "\n";
  std::quick_exit(1);  // exit() would first join processes that may never end
}

inline void join_all(std::vector<forkmill::Process>& processes) {
  for (auto& process : processes) {
    process.join();
    check(process.exitcode() == 0, process.name() + " failed: " + process.error_text());
  }
}

// Whether the kernel knows the process, if only as a zombie.
inline bool in_proc(pid_t pid) { return std::filesystem::exists("/proc/" + std::to_string(pid)); }

// Whether the process ends within ten seconds, and is reaped.
inline bool ends_soon(pid_t pid) {
  using namespace std::chrono_literals;
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (in_proc(pid) && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(1ms);
  return !in_proc(pid);
}
