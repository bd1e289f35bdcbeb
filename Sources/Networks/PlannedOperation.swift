/// An operation of a plan: shapes, buffers and tiles are settled, only pointers are missing.
protocol PlannedOperation: Sendable {
    /// The layer's name.
    var name: String { get }
    /// Buffers that the way forward reads or writes.
    var forwardBuffers: [BufferID] { get }
    /// Buffers that the way back reads or writes.
    var backwardBuffers: [BufferID] { get }
    /// Scratch memory that one thread needs.
    var scratchBytes: Int { get }
    /// What the operation is and has to do.
    var cost: OperationCost { get }

    func forward(_ pass: Pass)
    func backward(_ pass: Pass)
}

extension PlannedOperation {
    var scratchBytes: Int { 0 }
}
