package cardsync.bench;

import com.licel.jcardsim.base.Simulator;
import com.licel.jcardsim.base.SimulatorRuntime;
import javacard.framework.AID;
import javacard.framework.Applet;

/** A card whose memory is watched; there is one at a time, since {@link Nvm} is one. */
public final class BenchCard {
  private final Simulator simulator = new Simulator(new SimulatorRuntime());

  /** @param installData what install() gets: LV of AID, control information and parameters */
  public BenchCard(String appletName, byte[] installData) throws ClassNotFoundException {
    Nvm.begin();
    String packageName = appletName.substring(0, appletName.lastIndexOf('.'));
    Class<? extends Applet> applet =
        new AppletLoader(packageName).loadClass(appletName).asSubclass(Applet.class);
    simulator.changeProtocol("T=1");
    AID aid = new AID(installData, (short) 1, installData[0]);
    simulator.installApplet(aid, applet, installData, (short) 0, (byte) installData.length);
    simulator.reset();
    Nvm.endInstall();
  }

  /** @throws Fault if the applet did what it must not */
  public byte[] transmit(byte[] command) {
    byte[] answer = exchange(command);
    String fault = Fault.takeLast();
    if (fault != null) throw new Fault(fault);
    return answer;
  }

  /** Leaves faults to the caller: the runtime makes a status word of them. */
  byte[] exchange(byte[] command) {
    return simulator.transmitCommand(command);
  }

  public void reset() {
    simulator.reset();
  }

  /** Writes into memory that outlives a reset, since the card was made. */
  public long writes() {
    return Nvm.writes();
  }

  public long transientBytes() {
    return Nvm.transientBytes();
  }

  public long persistentBytes() {
    return Nvm.persistentBytes();
  }
}
