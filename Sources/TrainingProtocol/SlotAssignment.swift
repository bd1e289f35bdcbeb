/// Deals slots, or the blocks of an evaluation, to the members of a generation.
public enum SlotAssignment {
    /// Contiguous ranges in rank order, as even as whole slots allow. With more members than slots some get none.
    public static func ranges(slots: Int, members: Int) -> [Range<Int>] {
        precondition(members > 0)
        return (0..<members).map { $0 * slots / members..<($0 + 1) * slots / members }
    }

    /// The blocks of `0 ..< blocks` that a rank evaluates: every `members`-th.
    public static func blocks(_ blocks: Int, rank: Rank, members: Int) -> [Int] {
        Array(stride(from: rank.rawValue, to: blocks, by: members))
    }
}
