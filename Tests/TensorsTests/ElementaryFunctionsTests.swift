import Foundation
import Tensors
import Testing

@Suite("Elementary functions")
struct ElementaryFunctionsTests {
    @Test("exponential and logarithm agree with the platform's to the last places")
    func accuracy() {
        for step in -7000...7000 {
            let x = Double(step) * 0.1 + 0.013
            let (found, wanted) = (ElementaryFunctions.exp(x), Foundation.exp(x))
            #expect(abs(found - wanted) <= 1e-15 * wanted, "exp \(x)")
            let y = wanted * (1 + abs(x) / 1000)
            let (log, platform) = (ElementaryFunctions.log(y), Foundation.log(y))
            #expect(abs(log - platform) <= 4e-16 * max(1, abs(platform)), "log \(y)")
        }
    }

    @Test("ends of the range are what they are by definition")
    func ends() {
        #expect(ElementaryFunctions.exp(0) == 1 && ElementaryFunctions.log(1) == 0)
        #expect(ElementaryFunctions.exp(800) == .infinity && ElementaryFunctions.exp(-800) == 0)
        #expect(ElementaryFunctions.exp(.infinity) == .infinity)
        #expect(ElementaryFunctions.exp(-.infinity) == 0 && ElementaryFunctions.exp(.nan).isNaN)
        #expect(ElementaryFunctions.log(0) == -.infinity && ElementaryFunctions.log(-1).isNaN)
        #expect(ElementaryFunctions.log(.infinity) == .infinity)
        #expect(ElementaryFunctions.log(.leastNonzeroMagnitude) < -744)
    }
}
