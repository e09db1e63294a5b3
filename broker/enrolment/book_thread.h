// BookThread: reads and changes the KeyBook of a broker on a thread of its own, as files and databases may be slow.
//
// Threads: one other thread, the broker's loop, uses the object; none of the calls waits, but the constructor and the
// destructor. fd() is readable when take() has news.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/enrolment/book_store.h"
#include "broker/enrolment/key_book.h"
#include "proto/os/service_thread.h"

namespace forkmill::broker {

// BookChange: a change of the book by one question, and its answer.
struct BookChange {
  std::uint64_t ticket = 0;  // names the question
  // Changes the book, and returns the entries that the question was about. A failure leaves the book as it was. May be
  // called more than once; called on the thread.
  std::function<proto::Result<std::vector<BookEntry>>(KeyBook&)> make;
  // Success is answered when the book is safe, also if there was nothing to change; failure only with this.
  bool makes_failure_safe = false;
};

class BookThread {
 public:
  // `poll`: how often to look whether others have changed the book; 0: never, unless the last look has failed.
  BookThread(std::unique_ptr<BookStore> store, milliseconds poll);
  // Makes the changes that were asked for, then ends the thread.
  ~BookThread();
  BookThread(const BookThread&) = delete;
  BookThread& operator=(const BookThread&) = delete;

  void ask(BookChange change);
  // Reads the book again.
  void reread();

  struct Answer {
    std::uint64_t ticket = 0;
    proto::Result<std::vector<BookEntry>> result;
  };
  struct News {
    std::optional<KeyBook> book{};  // that has changed
    bool is_safe = false;           // no power cut or failover takes away what `book` has
    std::vector<Answer> answers{};
    std::string trouble{};  // why the book cannot be read now; each reason once
  };
  News take();
  // Returns whether take() may have news, without a system call.
  bool has_news() const { return thread_.has_news(); }
  int fd() const { return thread_.fd(); }

 private:
  void run();
  // Waits for work. Returns false at the end.
  bool wait(std::deque<BookChange>& changes);
  Answer carry_out(const BookChange& change);
  void read();
  void publish(News news);

  const std::unique_ptr<BookStore> store_;  // used by the thread alone, as `trouble_`
  const milliseconds poll_;
  std::string trouble_;    // that was told last
  bool is_known_ = false;  // the last look at the book has not failed; used as `store_`

  proto::ServiceThread thread_;
  std::deque<BookChange> changes_;  // guarded by the lock of thread_, as those below
  bool is_to_read_ = false;
  News news_;
};

}  // namespace forkmill::broker
