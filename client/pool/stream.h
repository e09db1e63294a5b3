// PoolStream: one call whose results are read one after the other: imap, imap_unordered. Its PoolResults share it.
// Thread-safe.
//
// Its items are read from a range by a thread of the stream's own, as credit allows: a number of chunks may be under
// way, and a number may be done and unread. Once the pool is closed, chunks may be unread without a limit, because
// Pool::join() waits for all of them.
//
// Chunks whose size the caller has left open follow the run time of their items. What a process gives back, and the
// items of a process that has died, are sent again by the feeding thread of the pool.
//
// A stream is abandoned when all of its PoolResults are gone. Then results are dropped as they come, and no more items
// are read of a range that may have no end. A stream of an executor is cancelled.
#pragma once

#include <forkmill/pool.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "client/pool/calls.h"
#include "client/pool/chunks.h"
#include "client/pool/feeders.h"
#include "client/pool/item_reader.h"
#include "client/pool/plan/item_costs.h"
#include "client/pool/stream_chunks.h"

namespace forkmill::detail {

// How the chunks of a stream are made and sent.
struct StreamTerms {
  std::shared_ptr<ChunkSender> sender;
  std::shared_ptr<Feeders> feeders;
  std::shared_ptr<Executor> feeding;
  ChunkCall call;
  std::size_t processes = 1;
  std::shared_ptr<ItemCosts> costs;
  ChunkSize chunk_size;    // empty: left open
  std::size_t window = 1;  // chunks that may be under way
  std::size_t unread = 1;  // chunks that may be done and unread
  bool ordered = true;
  bool abandoned_is_cancelled = false;  // as an executor does
};

class PoolStream final : public Outstanding {
 public:
  PoolStream(std::weak_ptr<PoolCalls> calls, StreamTerms terms);

  // Reads all items from `source`: in the background, unless `items` fit into the window. Once.
  void feed(ItemSource source, ItemCount items);
  void end(std::exception_ptr error) override;
  void cancel_waiting() override;
  // Call when no results are read any more.
  void abandon() noexcept;
  // noexcept, as the thread that resolves a chunk can tell no one: the program ends if memory runs out.
  void chunk_done(std::size_t index) noexcept override;
  void pool_closed() noexcept override;

  // Hands the next result to `use`. Blocks until it is there, or until the deadline. Returns false if none is left.
  // Throws the item's error, and Timeout, with how_long in its text.
  bool next(const Deadline& deadline, std::chrono::nanoseconds how_long, const ItemReader::UseItem& use);

 private:
  void read_all(ItemSource& source, std::size_t count) noexcept;
  std::size_t wait_for_credit(std::size_t left);
  void send(const StreamItems& items);
  void send_returned() noexcept;
  void finish(std::exception_ptr failure);
  std::vector<Chunk> drop_done();
  bool is_done() const { return course_.finished && chunks_.all_done(); }
  void remove_if(bool done);
  bool open_next_chunk(std::vector<Chunk>& read);

  // Decisions about the call as a whole.
  struct Course {
    bool closed = false;         // the pool takes no more calls
    bool endless = true;         // the range may have no end; also as long as there is none
    bool finished = false;       // no more items are added
    bool cancelled = false;      // chunks that had not started were cancelled
    bool abandoned = false;      // no results are read any more
    bool over = false;           // the call has ended as a whole
    std::exception_ptr failure;  // thrown once: when nothing is left, or at once when over
  };
  // Reading: the state of the thread that reads the next result. Decoding it may ask the broker for an object, and the
  // thread that does the client's work meanwhile needs mutex_ for the chunks that get done; therefore mutex_ is not
  // held then.
  struct Reading {
    class Turn;
    bool has_reader = false;
    int waiting = 0;   // threads that wait for their turn
    Chunk chunk;       // its items are next; kept, as ends of pipes in its results go with it
    ItemReader items;  // reads that chunk
  };

  const std::weak_ptr<PoolCalls> calls_;
  const StreamTerms terms_;

  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  StreamChunks chunks_;
  Course course_;
  Reading reading_;
};

}  // namespace forkmill::detail
