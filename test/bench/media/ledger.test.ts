import { Ledger, PARTY, RECORDER } from './ledger';

describe('the ledger of the load', () => {
  let ledger: Ledger;
  beforeEach(() => {
    ledger = new Ledger(2);
  });

  it('counts what was sent while it was open, whenever it comes', () => {
    const before = ledger.send(0, 10);
    ledger.open(20);
    const within = ledger.send(0, 20);
    ledger.close(30);
    const after = ledger.send(0, 30);
    for (const count of [before, within, after]) {
      ledger.receive(0, count, 40, PARTY);
      ledger.receive(0, count, 50, RECORDER);
    }
    expect(ledger.tally()).toMatchObject({ sent: 1, partiesGot: 1, recordersGot: 1, repeated: 0 });
    expect(ledger.tally().delay.max).toBe(20_000);
    expect(ledger.tally().recorderDelay.max).toBe(30_000);
  });

  it('counts what comes twice apart, and never as one that was lost', () => {
    ledger.open(0);
    const first = ledger.send(1, 1);
    ledger.send(1, 21);
    ledger.receive(1, first, 2, PARTY);
    ledger.receive(1, first, 3, PARTY);
    expect(ledger.tally()).toMatchObject({ sent: 2, partiesGot: 1, repeated: 1 });
  });

  it('takes what is older than it remembers as lost', () => {
    ledger.open(0);
    const first = ledger.send(0, 0);
    for (let i = 1; i <= 128; i++) ledger.send(0, 20 * i);
    ledger.receive(0, first, 2561, PARTY);
    expect(ledger.tally()).toMatchObject({ sent: 129, partiesGot: 0 });
  });

  it('begins anew when it is opened again', () => {
    ledger.open(0);
    ledger.receive(0, ledger.send(0, 1), 2, PARTY);
    ledger.open(10);
    expect(ledger.tally()).toMatchObject({ sent: 0, partiesGot: 0, delay: { max: 0 } });
    expect(ledger.isOpen).toBe(true);
  });
});
