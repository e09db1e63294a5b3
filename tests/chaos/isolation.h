// Isolation: the ring in namespaces of its own, of processes, file systems and networks, so that whatever it does to
// them nobody else sees, and all of it is gone when the ring is, however that ends. Needs root; without, the ring runs
// as any program does, and leaves out what it cannot do then.
//
// FarMachine: a network namespace behind a virtual cable that can be unplugged, and lose packets.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "tests/chaos/process.h"

namespace forkmill::chaos {

// Runs `body` isolated if that is possible, as it says to it, and returns what it returns. Signals that ask for an end
// reach it (asked_to_end()).
int run_isolated(const std::function<int(bool isolated)>& body);
bool asked_to_end();

// A file system in memory, at the path; only in isolation. It takes up what is in it, can be made smaller down to that,
// and goes with the ring at the latest.
bool mount_disk(const std::string& path, std::uint64_t bytes);
bool resize_disk(const std::string& path, std::uint64_t bytes);
void unmount_disk(const std::string& path);

class FarMachine {
 public:
  // Only in isolation.
  FarMachine();

  bool works() const { return works_; }
  bool loses_packets() const { return loses_; }  // if it is told to
  int network() const { return network_; }       // for Start::network
  // Where it finds the ring's own machine.
  std::string address() const { return "10.77.0.1"; }

  void plug(bool in) const;
  // That share of packets, both ways; 0: none.
  void lose(double share) const;

 private:
  bool rule(const char* what, double share) const;

  Program anchor_;  // holds the namespace
  int network_ = -1;
  bool works_ = false;
  bool loses_ = false;
};

}  // namespace forkmill::chaos
