// AddressRotation: the addresses of a name, one of which is tried at a time; several take turns. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace forkmill::proto {

class AddressRotation {
 public:
  explicit AddressRotation(std::string port) : port_{std::move(port)} {}

  // The endpoint that is tried, with a numeric address; empty while no address is known.
  const std::string& endpoint() const { return endpoint_; }

  // Takes over the addresses that a lookup has found, at least one. If the address that is tried is not among them, the
  // first one is tried. Returns whether endpoint() has changed.
  bool replace(std::vector<std::string> found) {
    const auto tried = addresses_.empty() ? std::string{} : addresses_[at_];
    addresses_ = std::move(found);
    refused_ = 0;
    const auto same = std::find(addresses_.begin(), addresses_.end(), tried);
    if (same == addresses_.end()) return choose(0);
    at_ = static_cast<std::size_t>(same - addresses_.begin());
    return false;
  }
  // Tries the next address. Returns false if there is no other one.
  bool move_on() { return addresses_.size() >= 2 && choose((at_ + 1) % addresses_.size()); }
  // Counts an attempt to connect that failed. Returns whether an address has not been refused since replace().
  bool count_refusal() { return ++refused_ < addresses_.size(); }

 private:
  bool choose(std::size_t index) {
    at_ = index;
    endpoint_ = "tcp://" + addresses_[at_] + ":" + port_;
    return true;
  }

  const std::string port_;
  std::vector<std::string> addresses_;
  std::size_t at_ = 0;
  std::size_t refused_ = 0;  // attempts that failed since replace()
  std::string endpoint_;
};

}  // namespace forkmill::proto
