/// A closure that does not escape, as the two words it is passed in, for other threads to call while
/// its owner waits.
///
/// `withoutActuallyEscaping` is the language's way to this, and allocates each time: hundreds of times
/// in a training step. So this rests on how Swift passes closures on every platform so far: the address of
/// the code, then that of the context, retained by nobody when the closure does not escape. The
/// same two words, passed back to a function that takes such a closure, are that closure again.
struct BorrowedTile {
    typealias Body = (_ tile: Int, _ thread: Int) -> Void

    private let code: UnsafeRawPointer
    private let context: UnsafeRawPointer?

    /// Functions as structs hold them: with the parameters' own conventions. Each pair differs in
    /// whether the closure is a closure or its words.
    private struct Lending {
        let lend: @Sendable (Body, (BorrowedTile) -> Void) -> Void
    }
    private struct LendingWords {
        let lend: @Sendable (UnsafeRawPointer, UnsafeRawPointer?, (BorrowedTile) -> Void) -> Void
    }
    private struct Calling {
        let call: @Sendable (Body, Int, Int) -> Void
    }
    private struct CallingWords {
        let call: @Sendable (UnsafeRawPointer, UnsafeRawPointer?, Int, Int) -> Void
    }

    private static let lending = unsafeBitCast(
        LendingWords { code, context, use in use(BorrowedTile(code: code, context: context)) },
        to: Lending.self)
    private static let calling = unsafeBitCast(
        Calling { body, tile, thread in body(tile, thread) }, to: CallingWords.self)

    /// Calls `use` with the borrowed closure, which is valid until `use` returns.
    static func withBorrowed(_ body: Body, _ use: (BorrowedTile) -> Void) {
        lending.lend(body, use)
    }

    func callAsFunction(_ tile: Int, _ thread: Int) {
        Self.calling.call(code, context, tile, thread)
    }
}
