// Isolation: runs the ring in its own namespaces of processes, file systems and networks, so that no process outside
// sees what the ring does to them, and all of it is gone when the ring ends, however it ends. Isolation needs root.
// Without root the ring runs as any program does, and leaves out the faults that need isolation.
//
// FarMachine: a network namespace behind a virtual cable that can be unplugged and can lose packets.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "tests/chaos/process.h"

namespace forkmill::chaos {

// Runs `body` isolated if that is possible, tells it so by `isolated`, and returns its result. SIGINT, SIGTERM and
// SIGHUP reach `body` as asked_to_end().
int run_isolated(const std::function<int(bool isolated)>& body);
bool asked_to_end();

// Mounts a file system in memory at the path; only in isolation. It takes as much memory as it has contents, can be
// shrunk to the size of its contents, and is gone when the ring ends at the latest. Returns false if the kernel
// refused.
bool mount_disk(const std::string& path, std::uint64_t bytes);
bool resize_disk(const std::string& path, std::uint64_t bytes);
// Shrinks it until `leave` bytes are free. Returns false if that is not possible now: its contents have just grown.
bool shrink_disk(const std::string& path, std::uint64_t leave);
void unmount_disk(const std::string& path);

class FarMachine {
 public:
  // Works only in isolation.
  FarMachine();

  bool works() const { return works_; }
  bool loses_packets() const { return loses_; }  // whether lose() works here
  int network() const { return network_; }       // descriptor for Start::network
  // Address of the ring's own machine, as seen from the far machine.
  std::string address() const { return "10.77.0.1"; }

  void plug(bool in) const;
  // Drops this share of packets in both directions; 0: none.
  void lose(double share) const;

 private:
  bool rule(const char* what, double share) const;

  Program anchor_;  // a program that keeps the namespace alive
  int network_ = -1;
  bool works_ = false;
  bool loses_ = false;
};

}  // namespace forkmill::chaos
