#include "broker/store/journal/segment_reader.h"

#include <algorithm>
#include <cerrno>

#include "broker/store/store_error.h"

namespace forkmill::broker {

namespace {

constexpr std::size_t kReadAhead = 256 * 1024;
constexpr std::uint64_t kSearchPiece = 1024 * 1024;  // bytes to search at a time

}  // namespace

SegmentReader::SegmentReader(FileSystem& files, std::string path, std::uint64_t key, proto::Epoch epoch)
    : path_{std::move(path)},
      key_{key},
      epoch_{epoch},
      file_{files.open(path_, FileSystem::Open::read)},
      windows_{kReadAhead} {
  if (!file_) throw_system_error(path_ + " cannot be opened", errno);
  length_ = file_size(files, path_).value_or(0);
}

std::string_view SegmentReader::read(std::uint64_t at, std::uint64_t size) {
  size = at < length_ ? std::min(size, length_ - at) : 0;
  return size == 0 ? std::string_view{} : windows_.read(*file_, path_, {1, at, size}, length_);
}

std::optional<Frame> SegmentReader::frame(std::uint64_t at) {
  const auto header = read_header(read(at, kFrameHeader), key_, epoch_);
  if (!header || header->size > length_ - at - kFrameHeader) return std::nullopt;
  return read_frame(read(at, kFrameHeader + header->size), key_, epoch_);
}

std::optional<FrameHeader> SegmentReader::find(std::uint64_t at, std::uint64_t segment) {
  constexpr std::uint64_t kWithLastHeader = kSearchPiece + kFrameHeader - 1;
  for (;; at += kSearchPiece) {
    const std::string piece{read(at, kWithLastHeader)};
    for (auto found = piece.find(kFrameMagic); found < kSearchPiece; found = piece.find(kFrameMagic, found + 1)) {
      const auto header = read_header(std::string_view{piece}.substr(found), key_, epoch_);
      if (header && header->segment >= segment && frame(at + found)) return header;
    }
    if (piece.size() < kWithLastHeader) return std::nullopt;
  }
}

}  // namespace forkmill::broker
