import Launching
import Testing

@Suite("Pauses before a worker is started again")
struct RestartPausesTests {
    @Test("double while workers die young, up to a limit")
    func growth() {
        var pauses = RestartPauses()
        let taken = (1...8).map { _ in pauses.next(after: .seconds(1)) }
        #expect(taken == [1, 2, 4, 8, 16, 32, 60, 60].map { .seconds($0) })
    }

    @Test("begin anew after one that worked for a while")
    func recovery() {
        var pauses = RestartPauses()
        for _ in 1...5 { _ = pauses.next(after: .zero) }
        #expect(pauses.next(after: .seconds(3600)) == RestartPauses.first)
        #expect(pauses.next(after: .zero) == RestartPauses.first * 2)
    }
}
