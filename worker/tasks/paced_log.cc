#include "worker/tasks/paced_log.h"

namespace forkmill::worker {

void PacedLog::add(proto::LogSource source, std::string_view text) {
  if (log_ == nullptr || text.empty()) return;
  pending_.add({source, 0, 0, text});
  pending_.trim(kMaxPending);
}

void PacedLog::tick(proto::Instant now) {
  if (now < next_wakeup()) return;
  finish();
  next_at_ = now + kPause;
}

void PacedLog::finish() {
  for (const proto::LogPiece& piece : pending_.drain()) {
    log_->printed(piece.source, piece.position - told_, piece.text);
    told_ = piece.position + piece.text.size();
  }
}

}  // namespace forkmill::worker
