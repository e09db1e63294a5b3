// A progress bar with rate and remaining time, on stderr, and only if that is a terminal.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>

class ProgressBar {
 public:
  explicit ProgressBar(std::size_t total) : total_{total}, visible_{::isatty(STDERR_FILENO) == 1} {}
  ~ProgressBar() {
    if (visible_) std::fputs("\r\033[K", stderr);
  }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void advance() {
    ++done_;
    if (!visible_) return;
    const auto now = Clock::now();
    if (now - drawn_ < std::chrono::milliseconds{100} && done_ < total_) return;
    drawn_ = now;
    draw(std::chrono::duration<double>(now - start_).count());
  }

 private:
  using Clock = std::chrono::steady_clock;

  void draw(double seconds) const {
    constexpr std::size_t kWidth = 40;
    const auto filled = total_ == 0 ? kWidth : done_ * kWidth / total_;
    const double rate = seconds > 0 ? static_cast<double>(done_) / seconds : 0;
    const double left = rate > 0 ? static_cast<double>(total_ - done_) / rate : 0;
    const auto bar = std::string(filled, '#') + std::string(kWidth - filled, '.');
    std::fprintf(stderr, "\r[%s] %zu/%zu  %.0f/s  ETA %.0f s \033[K", bar.c_str(), done_, total_, rate, left);
  }

  std::size_t total_;
  std::size_t done_ = 0;
  bool visible_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point drawn_{};
};
