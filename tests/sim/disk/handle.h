// Disk::Handle: an open file of a simulated disk. Works only for the process that opened it.
#pragma once

#include "tests/sim/disk/disk.h"
#include "tests/sim/disk/vfs.h"

namespace forkmill::sim {

class Disk::Handle final : public DiskFile {
 public:
  Handle(Disk& disk, std::string path, std::shared_ptr<DiskNode> node)
      : disk_{disk}, path_{std::move(path)}, node_{std::move(node)}, process_{disk.process_} {}
  ~Handle() override {
    if (node_->locked_by == this) node_->locked_by = nullptr;
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  std::optional<std::size_t> read(std::uint64_t at, std::span<char> to) override;
  bool write(std::uint64_t at, std::string_view bytes) override;
  bool truncate(std::uint64_t size) override;
  bool sync() override;
  bool lock() override;
  std::uint64_t size() const override { return node_->bytes().size(); }

 private:
  bool begin(const char* what, std::uint64_t number, double chance);

  Disk& disk_;
  std::string path_;
  std::shared_ptr<DiskNode> node_;
  std::uint64_t process_;
};

}  // namespace forkmill::sim
